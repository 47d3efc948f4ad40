import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type Fields, parseFields, textAt } from '../fields.ts'
import { SlackRefusal, SlackUnreachable } from './failure.ts'

/** The arguments of a method. Everything goes as a form, the one encoding that each method of Slack takes. */
export type Arguments = Readonly<Record<string, string>>

/** What a method answered, once Slack has said `ok`. */
export interface ApiAnswer {
  readonly fields: Fields
  /** The scopes of the token, where Slack tells them. */
  readonly scopes: readonly string[] | undefined
}

/** Slack's Web API below one root (https://docs.slack.dev/apis/web-api). */
export interface WebApi {
  /** Calls a method. Rejects with `SlackRefusal`, `SlackUnreachable` after `timeoutMs` at the latest, or the signal's reason. */
  call(
    method: string,
    token: string,
    args: Arguments,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<ApiAnswer>
  close(): void
}

const answerBytesMax = 4 * 1024 * 1024
const connectionsMax = 32
// Shorter than any server keeps a silent connection, so that a message is not written to one that is just being closed.
const idleMs = 4_000
const retryAfterMsMax = 60 * 60 * 1000

/** Makes a client of the Web API. It connects at its first call, and never calls twice by itself. */
export function createWebApi(apiRoot: string): WebApi {
  const root = apiRoot.replace(/\/+$/, '')
  const isSecure = root.startsWith('https:')
  const options = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMs }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
  const send = isSecure ? httpsRequest : httpRequest

  async function post(
    method: string,
    token: string,
    args: Arguments,
    signal: AbortSignal,
  ): Promise<{ readonly response: IncomingMessage; readonly body: string }> {
    const form = Buffer.from(new URLSearchParams(args).toString())
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = send(`${root}/${method}`, {
      method: 'POST',
      agent,
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'content-length': form.length,
        accept: 'application/json',
        'user-agent': 'openclaw-gateway',
      },
    })
    request.on('response', resolve).on('error', reject).end(form)
    const response = await promise
    return { response, body: await bodyOf(response) }
  }

  return {
    async call(method, token, args, signal, timeoutMs) {
      signal.throwIfAborted()
      const deadline = AbortSignal.timeout(timeoutMs)
      try {
        const { response, body } = await post(method, token, args, AbortSignal.any([signal, deadline]))
        return answerOf(response, body)
      } catch (error) {
        signal.throwIfAborted()
        if (deadline.aborted) {
          throw new SlackUnreachable(`Slack has not answered within ${Math.round(timeoutMs / 1000)} seconds.`)
        }
        if (error instanceof SlackRefusal || error instanceof SlackUnreachable) throw error
        throw new SlackUnreachable(`Slack cannot be reached (${networkCodeOf(error)}).`)
      }
    },
    close: () => agent.destroy(),
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new SlackUnreachable('Slack has answered with more than can be read.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): ApiAnswer {
  const seconds = Number(headers['retry-after'])
  const retryAfterMs = seconds > 0 ? Math.min(Math.ceil(1000 * seconds), retryAfterMsMax) : undefined
  if (statusCode === 429) throw new SlackRefusal('ratelimited', { retryAfterMs })
  if (statusCode >= 500)
    throw new SlackUnreachable(`Slack has answered with status ${statusCode}.`, retryAfterMs)
  const fields = parseFields(body)
  if (typeof fields?.ok !== 'boolean') {
    const what = `Something answered with status ${statusCode} that does not speak Slack's Web API.`
    throw new SlackUnreachable(what, retryAfterMs)
  }
  if (!fields.ok) {
    throw new SlackRefusal(wordOf(fields), { retryAfterMs, needed: textAt(fields, 'needed')?.slice(0, 200) })
  }
  const scopes = headers['x-oauth-scopes']
  return { fields, scopes: typeof scopes === 'string' ? scopes.split(/[\s,]+/) : undefined }
}

function wordOf(fields: Fields): string {
  const word = textAt(fields, 'error') ?? ''
  return /^[\w.:-]{1,100}$/.test(word) ? word : 'unknown_error'
}

/** Returns the code of a network error, which unlike its message holds no address. */
export function networkCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'the connection broke'
}
