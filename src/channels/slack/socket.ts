import { type RawData, WebSocket } from 'ws'
import { pause } from '../../domain/supervise.ts'
import { type Fields, parseFields, textAt } from '../fields.ts'
import type { SlackTimings } from './config.ts'
import { SlackUnreachable } from './failure.ts'
import { networkCodeOf } from './web-api.ts'

/** What a socket tells. Nothing is told of a socket after `leave`, but its envelopes. */
export interface SocketListener {
  /** Slack has said `hello`: envelopes come from now on. */
  onHello(): void
  /** Resolves to whether the envelope may be acknowledged. Never rejects. */
  onEnvelope(envelope: Fields): Promise<boolean>
  /** Slack is going to close the socket, and says why. */
  onDisconnect(reason: string): void
  /** The socket is gone after its `hello`. */
  onEnd(reason: string): void
  /** Slack was heard. */
  onAlive(): void
}

const missedPingsMax = 3
const messageBytesMax = 16 * 1024 * 1024

/** One WebSocket of Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode), from its handshake to its end. */
export class SlackSocket {
  /** Resolves at Slack's `hello`. Rejects with `SlackUnreachable`. */
  readonly opened: Promise<void>
  readonly #hello = Promise.withResolvers<void>()
  readonly #socket: WebSocket
  readonly #listener: SocketListener
  readonly #timings: SlackTimings
  readonly #gone = new AbortController()
  readonly #hurry = new AbortController()
  readonly #openTimer: NodeJS.Timeout
  #pinging: NodeJS.Timeout | undefined
  #unanswered = 0
  #isOpen = false
  #isDeaf = false
  #storing = 0
  #onIdle: (() => void) | undefined
  #leaving: Promise<void> | undefined

  /** `url` holds a ticket: it is never shown. */
  constructor(url: string, listener: SocketListener, timings: SlackTimings) {
    this.opened = this.#hello.promise
    this.#listener = listener
    this.#timings = timings
    this.#socket = new WebSocket(url, { maxPayload: messageBytesMax, perMessageDeflate: false })
      .on('message', (data, isBinary) => {
        if (!isBinary) this.#read(data)
      })
      .on('ping', () => this.#listener.onAlive())
      .on('pong', () => {
        this.#unanswered = 0
        this.#listener.onAlive()
      })
      .on('unexpected-response', (_request, { statusCode }) => {
        this.#end(`Slack has refused the WebSocket with status ${statusCode}.`)
      })
      .on('error', (error) => this.#end(`The connection to Slack failed (${networkCodeOf(error)}).`))
      .on('close', (code) => this.#end(`The connection to Slack was closed (code ${code}).`))
    this.#openTimer = setTimeout(
      () => this.#end(`Slack has not said hello within ${seconds(timings.openMs)} seconds.`),
      timings.openMs,
    )
  }

  /**
   * Leaves the socket: listens on for `lingerMs`, then to nothing more, waits for what is being stored, acknowledges it and closes. A
   * second call without `lingerMs` shortens the first. Never rejects.
   */
  leave(lingerMs = 0): Promise<void> {
    if (lingerMs === 0) this.#hurry.abort()
    this.#leaving ??= this.#leave(lingerMs)
    return this.#leaving
  }

  async #leave(lingerMs: number): Promise<void> {
    const gone = this.#gone.signal
    await pause(lingerMs, AbortSignal.any([gone, this.#hurry.signal]))
    this.#isDeaf = true
    if (this.#storing > 0) {
      const idle = new AbortController()
      this.#onIdle = () => idle.abort()
      await pause(this.#timings.drainMs, AbortSignal.any([gone, idle.signal]))
    }
    if (!gone.aborted) {
      this.#socket.close(1000)
      await pause(this.#timings.closeMs, gone)
    }
    this.#end('The connection to Slack was left.')
  }

  #read(data: RawData): void {
    this.#listener.onAlive()
    const frame = parseFields(String(data))
    if (frame === undefined) return
    const envelopeId = textAt(frame, 'envelope_id')
    if (frame.type === 'hello') this.#open()
    else if (frame.type === 'disconnect') this.#disconnect(textAt(frame, 'reason') ?? 'unknown')
    else if (envelopeId !== undefined) void this.#take(frame, envelopeId)
  }

  #open(): void {
    if (this.#isOpen || this.#gone.signal.aborted) return
    this.#isOpen = true
    clearTimeout(this.#openTimer)
    this.#pinging = setInterval(() => this.#ping(), this.#timings.pingMs)
    this.#listener.onHello()
    this.#hello.resolve()
  }

  // Counted, not timed: after a machine has slept, Slack gets its chance to answer first.
  #ping(): void {
    if (this.#unanswered >= missedPingsMax) {
      this.#end(`Slack has been silent for ${seconds(missedPingsMax * this.#timings.pingMs)} seconds.`)
      return
    }
    this.#unanswered++
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
  }

  #disconnect(reason: string): void {
    if (!this.#isOpen) this.#end(`Slack has turned the connection away (${wordOf(reason)}).`)
    else if (this.#leaving === undefined) this.#listener.onDisconnect(wordOf(reason))
  }

  async #take(envelope: Fields, envelopeId: string): Promise<void> {
    // Not acknowledged: it comes again, on another socket.
    if (this.#isDeaf) return
    this.#storing++
    const isTaken = await this.#listener.onEnvelope(envelope)
    this.#storing--
    if (isTaken && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ envelope_id: envelopeId }))
    }
    if (this.#storing === 0) this.#onIdle?.()
  }

  #end(reason: string): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort()
    clearTimeout(this.#openTimer)
    clearInterval(this.#pinging)
    this.#socket.terminate()
    if (!this.#isOpen) this.#hello.reject(new SlackUnreachable(reason))
    else if (this.#leaving === undefined) this.#listener.onEnd(reason)
  }
}

function wordOf(reason: string): string {
  return /^\w{1,60}$/.test(reason) ? reason : 'unknown'
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
