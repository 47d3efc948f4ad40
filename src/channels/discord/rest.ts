import { DefaultRestOptions, REST, type RESTOptions, type ResponseLike } from '@discordjs/rest'
import { pause } from '../../domain/supervise.ts'
import { numberAt, parseFields } from '../fields.ts'
import { bareToken, type DiscordSettings, type DiscordTimings } from './config.ts'
import { DiscordFailure, discordFailure } from './failure.ts'

/**
 * Discord's REST API, version 10, as the adapter needs it. Each call rejects with `DiscordFailure`, or with the signal's reason. Buckets
 * and the global limit are kept before Discord has to say so; a call waits `rateLimitMs` for them, `post` without `isPatient` not at all.
 */
export interface DiscordRest {
  get(path: `/${string}`, signal: AbortSignal, query?: Readonly<Record<string, string>>): Promise<unknown>
  post(
    path: `/${string}`,
    signal: AbortSignal,
    options: { readonly body?: unknown; readonly isPatient: boolean },
  ): Promise<unknown>
  close(): void
}

type MakeRequest = RESTOptions['makeRequest']

const answerBytesMax = 8 * 1024 * 1024

/** Makes a client of the REST API. It connects at its first call. */
export function createDiscordRest(
  { token, apiRoot }: Pick<DiscordSettings, 'token' | 'apiRoot'>,
  { callMs, rateLimitMs }: Pick<DiscordTimings, 'callMs' | 'rateLimitMs'>,
): DiscordRest {
  const bare = bareToken(token)
  const rest = new REST({
    api: apiRoot.replace(/\/+$/, ''),
    version: '10',
    // Whether a call may be made again is known to who calls.
    retries: 0,
    timeout: callMs,
    // The library waits without heeding a signal; so it only tells how long, and the waiting is done here.
    rejectOnRateLimit: () => true,
    userAgentAppendix: 'openclaw-gateway',
    makeRequest: wholeAnswer,
  })

  async function once(call: () => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted()
    try {
      // The library forgets a token that was refused once, which is no way to find out that it is accepted again.
      rest.setToken(bare)
      return await call()
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof Error && error.name === 'AbortError') {
        throw new DiscordFailure('retry', `Discord has not answered within ${Math.round(callMs / 1000)} s.`)
      }
      throw discordFailure(error, bare)
    }
  }

  async function patiently(call: () => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    for (let leftMs = rateLimitMs; ; ) {
      try {
        return await once(call, signal)
      } catch (error) {
        const waitMs = error instanceof DiscordFailure ? error.retryAfterMs : undefined
        if (waitMs === undefined || waitMs > leftMs) throw error
        leftMs -= waitMs
        await pause(waitMs, signal)
      }
    }
  }

  return {
    get: (path, signal, query) =>
      patiently(
        () =>
          rest.get(path, { signal, ...(query === undefined ? {} : { query: new URLSearchParams(query) }) }),
        signal,
      ),
    post: (path, signal, { body, isPatient }) =>
      (isPatient ? patiently : once)(() => rest.post(path, { signal, body }), signal),
    close: () => {
      rest.clearHashSweeper()
      rest.clearHandlerSweeper()
    },
  }
}

/**
 * Reads the whole answer, bounded, while the call's deadline still runs. The library leaves the bodies of 429 and 5xx unread, which keeps
 * their connections for ever, and knows of a wait only what the header says.
 */
const wholeAnswer: MakeRequest = async (url, init) => {
  const { status, statusText, ok, headers, body } = await DefaultRestOptions.makeRequest(url, init)
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body ?? []) {
    bytes += piece.length
    if (bytes > answerBytesMax) throw new DiscordFailure('retry', 'Discord answers with too many bytes.')
    pieces.push(piece)
  }
  const whole = Buffer.concat(pieces)
  const text = whole.toString('utf8')
  if (status === 429) tellWait(headers, text)
  const answer: ResponseLike = {
    status,
    statusText,
    ok,
    headers,
    body: null,
    bodyUsed: true,
    arrayBuffer: () => Promise.resolve(new Uint8Array(whole).buffer),
    text: () => Promise.resolve(text),
    json: async () => JSON.parse(text),
  }
  return answer
}

function tellWait(headers: ResponseLike['headers'], text: string): void {
  const body = parseFields(text) ?? {}
  const seconds = numberAt(body, 'retry_after')
  const told = Number(headers.get('retry-after'))
  headers.set('retry-after', String(Math.max(told > 0 ? told : 0, seconds ?? 0) || 1))
  if (body.global === true) headers.set('x-ratelimit-global', 'true')
}
