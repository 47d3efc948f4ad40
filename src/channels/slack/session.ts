import type { ChannelLink } from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import { type Fields, textAt } from '../fields.ts'
import { appTokenRemedy, type SlackSettings, type SlackTimings } from './config.ts'
import { loginFailure, SlackLoginRefused, SlackRefusal, SlackUnreachable, scopeRemedy } from './failure.ts'
import type { BotIdentity } from './parse.ts'
import { SlackSocket } from './socket.ts'
import type { WebApi } from './web-api.ts'

/** What a session works with. */
export interface SessionParts {
  readonly settings: SlackSettings
  readonly timings: SlackTimings
  readonly api: WebApi
  readonly link: ChannelLink
  /** From 0 to 1. */
  readonly random: () => number
  /** Resolves to whether the envelope may be acknowledged. Never rejects. */
  readonly onEnvelope: (envelope: Fields, bot: BotIdentity) => Promise<boolean>
}

/**
 * Keeps one socket of Socket Mode open, from `start` to `stop`: it logs in, replaces a socket that Slack refreshes before leaving it, and
 * one that died at once; then tries ever more seldom, at last every 15 s, or every five minutes where the login is refused.
 */
export class SlackSession {
  readonly #parts: SessionParts
  readonly #stop = new AbortController()
  readonly #leaving = new Set<SlackSocket>()
  #current: { readonly socket: SlackSocket; readonly since: number } | undefined
  /** Slack has announced that it closes the current socket. */
  #isLeavingUs = false
  #connecting: Promise<void> | undefined
  #checking: Promise<void> | undefined
  /** Why the last try to open a socket has failed, until one succeeds. */
  #trouble: { readonly reason: string; readonly remedy: string | undefined } | undefined
  #waitMs = 0
  #failures = 0
  #refusals = 0
  #grace: NodeJS.Timeout | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  start(): void {
    this.#connect()
  }

  /** Leaves Slack. What is not stored by then is not acknowledged, and comes again. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#grace)
    if (this.#current) this.#leave(this.#current.socket)
    await Promise.all([...this.#leaving].map((socket) => socket.leave()))
    await this.#connecting
    await this.#checking
  }

  /** A call was told that the bot token is refused: asks Slack whether it is so, once at a time. */
  recheckLogin(): void {
    if (this.#connecting || this.#checking || this.#stop.signal.aborted) return
    this.#checking = this.#recheck().finally(() => {
      this.#checking = undefined
    })
  }

  async #recheck(): Promise<void> {
    try {
      await this.#identify()
    } catch (error) {
      // Only a plain no counts: the socket proves itself by its own pings.
      if (!(error instanceof SlackLoginRefused) || this.#connecting || this.#stop.signal.aborted) return
      if (this.#current) this.#leave(this.#current.socket)
      this.#failed(error)
      this.#connect()
    }
  }

  #connect(): void {
    if (this.#connecting || this.#stop.signal.aborted) return
    this.#connecting = this.#tryUntilOpen().finally(() => {
      this.#connecting = undefined
      // The new one may be gone already, or announced to go.
      if (!this.#current || this.#isLeavingUs) this.#connect()
    })
  }

  async #tryUntilOpen(): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      await pause(this.#waitMs, signal)
      if (signal.aborted) return
      try {
        await this.#open()
        return
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
      }
    }
  }

  async #open(): Promise<void> {
    const { settings, api, timings, onEnvelope } = this.#parts
    const { signal } = this.#stop
    const bot = await this.#identify()
    const opening = api.call('apps.connections.open', settings.appToken, {}, signal, timings.openMs)
    const { fields } = await orLoginFailure(opening, 'app')
    const socket: SlackSocket = new SlackSocket(
      this.#socketUrl(textAt(fields, 'url')),
      {
        onHello: () => this.#entered(socket),
        onEnvelope: (envelope) => onEnvelope(envelope, bot),
        onDisconnect: (reason) => this.#disconnecting(socket, reason),
        onEnd: (reason) => this.#ended(socket, reason),
        onAlive: () => this.#parts.link.alive(),
      },
      timings,
    )
    const onAbort = (): void => void socket.leave()
    signal.addEventListener('abort', onAbort)
    try {
      await socket.opened
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #identify(): Promise<BotIdentity> {
    const { settings, api, timings } = this.#parts
    const asking = api.call('auth.test', settings.botToken, {}, this.#stop.signal, timings.openMs)
    const { fields, scopes } = await orLoginFailure(asking, 'bot')
    const userId = textAt(fields, 'user_id')
    if (userId === undefined) throw new SlackUnreachable('Slack does not say who the bot is.')
    if (scopes && !scopes.includes('chat:write')) {
      throw new SlackLoginRefused(
        'The bot token (channels.slack.botToken) lacks the scope chat:write.',
        scopeRemedy('chat:write'),
      )
    }
    return { userId, botId: textAt(fields, 'bot_id') }
  }

  // What comes over HTTPS must not be asked for over plain text.
  #socketUrl(url: string | undefined): string {
    const isSecure = this.#parts.settings.apiRoot.startsWith('https:')
    const protocol = url !== undefined && URL.canParse(url) ? new URL(url).protocol : undefined
    if (url === undefined || (protocol !== 'wss:' && (protocol !== 'ws:' || isSecure))) {
      throw new SlackUnreachable('Slack has given no address that a WebSocket can be opened to.')
    }
    return url
  }

  #entered(socket: SlackSocket): void {
    const { link, timings } = this.#parts
    clearTimeout(this.#grace)
    if (this.#current) this.#leave(this.#current.socket, timings.lingerMs)
    this.#current = { socket, since: link.clock.monotonic() }
    this.#isLeavingUs = false
    this.#refusals = 0
    this.#trouble = undefined
    link.connected(timings.silenceMs)
  }

  #disconnecting(socket: SlackSocket, reason: string): void {
    if (this.#current?.socket !== socket) return
    this.#parts.link.log('debug', 'slack socket to be closed', { reason })
    if (reason === 'link_disabled') {
      this.#leave(socket)
      this.#failed(new SlackLoginRefused('Socket Mode was disabled for the Slack app.', appTokenRemedy))
    } else if (reason === 'too_many_websockets') {
      this.#leave(socket)
      this.#failed(
        new SlackUnreachable('Too many programs use the app-level token: Slack allows ten sockets.'),
      )
    } else if (!this.#isLeavingUs) {
      this.#isLeavingUs = true
      this.#waitMs = this.#waitAfterEnd()
    }
    this.#connect()
  }

  #ended(socket: SlackSocket, reason: string): void {
    if (this.#current?.socket !== socket) return
    const { link, timings } = this.#parts
    this.#waitMs = this.#waitAfterEnd()
    this.#current = undefined
    if (this.#connecting && !this.#trouble) {
      // A refresh: its successor is on the way.
      clearTimeout(this.#grace)
      this.#grace = setTimeout(() => link.disconnected(reason), timings.graceMs)
      return
    }
    link.disconnected(this.#trouble?.reason ?? reason, this.#trouble?.remedy)
    this.#connect()
  }

  #leave(socket: SlackSocket, lingerMs = 0): void {
    if (this.#current?.socket === socket) this.#current = undefined
    this.#leaving.add(socket)
    void socket.leave(lingerMs).then(() => this.#leaving.delete(socket))
  }

  #failed(error: unknown): void {
    const { link, timings, random } = this.#parts
    const isRefused = error instanceof SlackLoginRefused
    const isSlacks = error instanceof SlackUnreachable || error instanceof SlackRefusal
    if (isRefused) this.#waitMs = rung(timings.refusedMs, this.#refusals++)
    else {
      const waitMs = rung(timings.retryMs, this.#failures++) * (1 - random() / 2)
      this.#waitMs = Math.max(waitMs, (isSlacks ? error.retryAfterMs : undefined) ?? 0)
    }
    this.#trouble = {
      reason: isRefused || isSlacks ? error.message : `Slack cannot be reached (${nameOf(error)}).`,
      remedy: isRefused ? error.remedy : undefined,
    }
    if (!this.#current) link.disconnected(this.#trouble.reason, this.#trouble.remedy)
  }

  // A socket that has held for a while is replaced at once; one that has not is trouble.
  #waitAfterEnd(): number {
    const { link, timings, random } = this.#parts
    const heldMs = this.#current ? link.clock.monotonic() - this.#current.since : 0
    if (heldMs < timings.stableMs) return rung(timings.retryMs, this.#failures++) * (1 - random() / 2)
    this.#failures = 0
    return timings.firstTryMs * random()
  }
}

async function orLoginFailure<T>(asking: Promise<T>, token: 'bot' | 'app'): Promise<T> {
  try {
    return await asking
  } catch (error) {
    throw loginFailure(error, token)
  }
}

function rung(ladder: readonly number[], step: number): number {
  return ladder[Math.min(step, ladder.length - 1)] ?? 0
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
