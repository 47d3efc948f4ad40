import type { ChannelLink } from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import { fieldsAt, isFields, numberAt } from '../fields.ts'
import { type DiscordSettings, gatewayUrl, tokenRemedy } from './config.ts'
import { type ConnectionParts, type Destination, runConnection } from './connection.ts'
import { DiscordFailure, waitMsMax } from './failure.ts'
import type { Ending } from './gateway-socket.ts'
import type { DiscordRest } from './rest.ts'

/** What keeping connected works with. */
export interface KeepParts extends Omit<ConnectionParts, 'onReady'> {
  readonly settings: Pick<DiscordSettings, 'apiRoot'>
  readonly rest: DiscordRest
}

const silencesMax = 3
const directTriesMax = 2

/**
 * Connects to Discord's gateway again and again until the signal aborts: it goes on with the session wherever Discord lets it, begins a new
 * one where not, and waits between the tries, seldom trying what only a person can mend.
 */
export async function keepConnected(parts: KeepParts, signal: AbortSignal): Promise<void> {
  const { link, memory, timings } = parts
  const trouble = new Trouble(parts)
  let handover: ReturnType<typeof setTimeout> | undefined
  let silences = 0
  let identifiedAt = -Infinity
  while (!signal.aborted) {
    let ending: Ending
    let isResuming = false
    try {
      const destination = await findDestination(parts, trouble.unreached, signal)
      isResuming = destination.resume !== undefined
      if (!isResuming) {
        await pause(Math.max(0, identifiedAt + timings.identifyMs - link.clock.monotonic()), signal)
        identifiedAt = link.clock.monotonic()
      }
      const onReady = (): void => {
        clearTimeout(handover)
        silences = 0
        trouble.isOver()
      }
      ending = await runConnection({ ...parts, onReady }, destination, signal)
    } catch (error) {
      ending = endingOf(error)
    }
    if (signal.aborted) break
    silences = ending.isSilence ? silences + 1 : silences
    // Some servers know nothing of resuming, and say nothing. Where a person is asked for, it may be that the token is another bot's now.
    if (ending.next !== 'resume' || silences >= silencesMax) {
      silences = 0
      memory.drop()
    }
    memory.noteNow()
    const { reason, remedy } = ending
    clearTimeout(handover)
    if (ending.isHandover) handover = setTimeout(() => link.disconnected(reason), timings.handoverMs)
    else link.disconnected(reason, remedy)
    const waitMs = trouble.waitMs(ending, isResuming)
    link.log(ending.next === 'person' ? 'error' : 'info', 'gateway connection over', {
      reason,
      next: ending.next,
      waitMs: Math.round(waitMs),
    })
    await pause(waitMs, signal)
  }
  clearTimeout(handover)
  await memory.write()
}

/** How often it has gone wrong since it went well, and how long to wait therefore. */
class Trouble {
  readonly #parts: KeepParts
  #tries = 0
  #logins = 0
  #unreached = 0
  #readyAt: number | undefined

  constructor(parts: KeepParts) {
    this.#parts = parts
  }

  /** Connections in a row on which nothing was heard. */
  get unreached(): number {
    return this.#unreached
  }

  isOver(): void {
    this.#readyAt = this.#parts.link.clock.monotonic()
    this.#logins = 0
  }

  waitMs(ending: Ending, wasResuming: boolean): number {
    const { timings, random, link } = this.#parts
    this.#unreached = ending.isUnreachable ? this.#unreached + 1 : 0
    const heldMs = this.#readyAt === undefined ? 0 : link.clock.monotonic() - this.#readyAt
    this.#readyAt = undefined
    if (heldMs >= timings.stableMs) this.#tries = 0
    if (ending.next === 'person' && !wasResuming) return step(timings.loginMs, this.#logins++)
    const jitter = 0.75 + 0.25 * random()
    return Math.max(step(timings.unreachableMs, this.#tries++) * jitter, ending.waitMs ?? 0)
  }
}

function step(waitsMs: readonly number[], tries: number): number {
  return waitsMs[Math.min(tries, waitsMs.length - 1)] ?? 1_000
}

// Where a session is to be resumed is tried first; an address that has moved with its server must not keep us away for ever.
async function findDestination(
  { settings, rest, memory, link }: KeepParts,
  unreached: number,
  signal: AbortSignal,
): Promise<Destination> {
  const { session } = memory
  const direct = gatewayUrl(session?.resumeUrl, settings.apiRoot)
  if (session && direct !== undefined && unreached % (directTriesMax + 1) < directTriesMax) {
    return { url: direct, resume: session }
  }
  const told = await rest.get('/gateway/bot', signal)
  const answer = isFields(told) ? told : {}
  const url = gatewayUrl(answer.url, settings.apiRoot)
  if (url === undefined) throw new DiscordFailure('refused', 'Discord names no address that can be trusted.')
  if (!session) mayBegin(link, fieldsAt(answer, 'session_start_limit') ?? {})
  return { url, resume: session }
}

function mayBegin(link: ChannelLink, limit: Readonly<Record<string, unknown>>): void {
  const remaining = numberAt(limit, 'remaining')
  const resetMs = numberAt(limit, 'reset_after')
  if (remaining === undefined || remaining > 0 || resetMs === undefined) return
  const retryAfterMs = Math.min(resetMs, waitMsMax)
  link.log('warn', 'session starts used up', { waitMs: retryAfterMs })
  throw new DiscordFailure('retry', "The day's new sessions are used up; Discord allows the next later.", {
    retryAfterMs,
  })
}

const addressRemedy = 'Check channels.discord.apiRoot: what answers there does not speak Discord.'

function endingOf(error: unknown): Ending {
  if (!(error instanceof DiscordFailure))
    return { next: 'resume', reason: 'What was said could not be stored.' }
  const { kind, message: reason, retryAfterMs } = error
  if (kind === 'login_refused') return { next: 'person', reason, remedy: tokenRemedy }
  if (kind !== 'retry') return { next: 'person', reason, remedy: addressRemedy }
  return {
    next: 'resume',
    reason,
    isUnreachable: true,
    ...(retryAfterMs === undefined ? {} : { waitMs: retryAfterMs }),
  }
}
