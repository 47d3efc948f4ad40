import { WebSocket } from 'ws'
import { type Fields, fieldsAt, numberAt, parseFields, textAt } from '../fields.ts'
import { type Closing, closingOf } from './close-codes.ts'
import type { DiscordTimings } from './config.ts'
import { networkCodeOf } from './failure.ts'

/** One event of Discord's gateway. */
export interface Dispatch {
  readonly name: string
  readonly sequence: number
  readonly data: Fields
  /** Length of the whole frame. */
  readonly characters: number
}

/** Why a connection is over. */
export interface Ending extends Closing {
  /** Discord has asked for another connection, which nobody needs to hear of. */
  readonly isHandover?: boolean
  /** Discord never answered: what was sent may not have been heard. */
  readonly isSilence?: boolean
  /** Nothing was ever heard on it. */
  readonly isUnreachable?: boolean
  /** Before the next connection. */
  readonly waitMs?: number
}

/** What a connection tells its owner. */
export interface GatewayEvents {
  readonly onHello: () => void
  readonly onDispatch: (dispatch: Dispatch) => void
  /** Discord was heard: an event, or an acknowledged heartbeat. */
  readonly onAlive: () => void
  /** Once; nothing comes after it. */
  readonly onEnd: (ending: Ending) => void
  /** What a heartbeat says is received: everything up to here is durable. */
  readonly durable: () => number | null
  /** From 0 to 1. */
  readonly random: () => number
}

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes
const op = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalid: 9,
  hello: 10,
  ack: 11,
} as const
// A whole server is a few megabytes.
const frameBytesMax = 32 * 1024 * 1024
/** Any code but 1000 and 1001, which would end the session. */
const goodbyeCode = 4200
const graceMs = 100

/**
 * One connection to Discord's gateway: from its HELLO on it says by heartbeats that it lives, and it is over as soon as one was not
 * acknowledged before the next. It never waits for a socket that does not answer.
 */
export class GatewaySocket {
  readonly #events: GatewayEvents
  readonly #timings: DiscordTimings
  readonly #socket: WebSocket
  /** Resolves when the socket is closed, `closeMs` after the end at the latest. */
  readonly closed: Promise<void>
  #deadline: ReturnType<typeof setTimeout> | undefined
  #beat: ReturnType<typeof setTimeout> | undefined
  #isAwaitingAck = false
  #wasHeard = false
  #isOver = false

  constructor(url: string, timings: DiscordTimings, events: GatewayEvents) {
    this.#events = events
    this.#timings = timings
    this.#socket = new WebSocket(url, {
      maxPayload: frameBytesMax,
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: timings.helloMs,
    })
    this.#socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    this.#socket.on('close', (code) => this.#end(this.#wasHeard ? closingOf(code) : this.#unheard(code)))
    this.#socket.on('error', (error) => this.#onError(error))
    this.closed = new Promise((resolve) => void this.#socket.once('close', () => resolve()))
    this.#expectWithin(timings.helloMs)
  }

  identify(data: Fields): void {
    this.#send(op.identify, data)
    this.#expectWithin(this.#timings.sessionMs)
  }

  resume(data: Fields): void {
    this.#send(op.resume, data)
    this.#expectWithin(this.#timings.sessionMs)
  }

  /** The session stands: from now on heartbeats alone tell whether Discord is there. */
  established(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }

  /** Leaves such that the session can be resumed. */
  end(ending: Ending): void {
    this.#end(ending)
  }

  #onMessage(data: unknown, isBinary: boolean): void {
    if (this.#isOver) return
    const text = isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8')
    const frame = parseFields(text)
    if (!frame) {
      this.#end({ next: 'resume', reason: 'Something answered that is not Discord.' })
      return
    }
    switch (frame.op) {
      case op.dispatch:
        this.#onDispatch(frame, text.length)
        return
      case op.heartbeat:
        this.#heartbeat()
        return
      case op.reconnect:
        this.#end({ next: 'resume', reason: 'Discord asked for another connection.', isHandover: true })
        return
      case op.invalid:
        this.#onInvalid(frame.d === true)
        return
      case op.hello:
        this.#onHello(fieldsAt(frame, 'd') ?? {})
        return
      case op.ack:
        this.#isAwaitingAck = false
        this.#events.onAlive()
        return
    }
  }

  #onHello(hello: Fields): void {
    if (this.#wasHeard) return
    this.#wasHeard = true
    const { heartbeatMs } = this.#timings
    const askedMs = numberAt(hello, 'heartbeat_interval')
    const intervalMs = Math.max(1, Math.min(askedMs ?? heartbeatMs, heartbeatMs))
    this.#beat = setTimeout(() => this.#beatEvery(intervalMs), intervalMs * this.#events.random())
    this.#events.onHello()
  }

  #onDispatch(frame: Fields, characters: number): void {
    const name = textAt(frame, 't')
    const sequence = numberAt(frame, 's')
    if (name === undefined || sequence === undefined) return
    if (this.#deadline) this.#expectWithin(this.#timings.sessionMs)
    this.#events.onAlive()
    this.#events.onDispatch({ name, sequence, data: fieldsAt(frame, 'd') ?? {}, characters })
  }

  #onInvalid(isResumable: boolean): void {
    const [fromMs, toMs] = this.#timings.invalidSessionMs
    this.#end({
      next: isResumable ? 'resume' : 'identify',
      reason: 'Discord has declared the session invalid.',
      waitMs: fromMs + (toMs - fromMs) * this.#events.random(),
    })
  }

  #beatEvery(intervalMs: number): void {
    if (this.#isAwaitingAck) {
      // After a pause of this process the acknowledgement may lie unread in the socket: it is read first.
      this.#beat = setTimeout(() => {
        if (this.#isAwaitingAck) {
          this.#end({
            next: 'resume',
            reason: 'Discord did not acknowledge a heartbeat: the connection is dead.',
          })
        } else this.#beatEvery(intervalMs)
      }, graceMs)
      return
    }
    this.#heartbeat()
    this.#isAwaitingAck = true
    this.#beat = setTimeout(() => this.#beatEvery(intervalMs), intervalMs)
  }

  #heartbeat(): void {
    this.#send(op.heartbeat, this.#events.durable())
  }

  #send(code: number, data: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op: code, d: data }))
  }

  #expectWithin(ms: number): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      const reason = this.#wasHeard
        ? 'Discord did not answer the greeting.'
        : `Discord did not answer within ${Math.round(ms / 1000)} s.`
      this.#end({ next: 'resume', reason, isSilence: this.#wasHeard, isUnreachable: !this.#wasHeard })
    }, ms)
  }

  #unheard(code: number): Ending {
    const closing = closingOf(code)
    return closing.next === 'resume' ? { ...closing, isUnreachable: true } : closing
  }

  #onError(error: unknown): void {
    const reason =
      error instanceof Error && /^Unexpected server response: \d{3}$/.test(error.message)
        ? `Discord's gateway answers with status ${error.message.slice(-3)}.`
        : `Discord's gateway cannot be reached (${networkCodeOf(error)}).`
    this.#end({ next: 'resume', reason, isUnreachable: !this.#wasHeard })
  }

  #end(ending: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#deadline)
    clearTimeout(this.#beat)
    this.#leave()
    this.#events.onEnd(ending)
  }

  #leave(): void {
    const socket = this.#socket
    if (socket.readyState === WebSocket.CLOSED) return
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate()
      return
    }
    socket.close(goodbyeCode)
    const cut = setTimeout(() => socket.terminate(), this.#timings.closeMs)
    socket.once('close', () => clearTimeout(cut))
  }
}
