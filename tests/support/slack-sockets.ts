import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { at } from './json.ts'

/** One event until it is acknowledged. */
export interface Delivery {
  readonly payload: Readonly<Record<string, unknown>>
  /** How often it was sent. */
  attempts: number
  isAcknowledged: boolean
  /** The socket that it was last sent on. */
  socket: WebSocket | undefined
  timer: NodeJS.Timeout | undefined
}

/** What a test sets otherwise, in milliseconds. */
export interface SocketTimes {
  /** Slack resends an event after this long without an acknowledgement. */
  readonly ackMs: number
  readonly pingMs: number
}

const ticketMs = 30_000

/** The Socket Mode side of the strict server: https://docs.slack.dev/apis/events-api/using-socket-mode. */
export class SlackSockets {
  /** Sockets that have been greeted and not closed, the oldest first. */
  readonly live: WebSocket[] = []
  /** Each event that was dispatched, in order. */
  readonly deliveries: Delivery[] = []
  /** How many sockets were ever opened. */
  opened = 0
  /** Says no `hello`. */
  isMute = false
  readonly #violations: string[]
  readonly #times: SocketTimes
  readonly #tickets = new Map<string, NodeJS.Timeout>()
  readonly #envelopes = new Map<string, Delivery>()
  readonly #silent = new Set<WebSocket>()
  readonly #all = new Set<WebSocket>()
  readonly #server = new WebSocketServer({ noServer: true })

  constructor(violations: string[], times: SocketTimes) {
    this.#violations = violations
    this.#times = times
  }

  /** Returns a ticket for one socket. */
  ticket(): string {
    const ticket = randomUUID()
    this.#tickets.set(
      ticket,
      setTimeout(() => this.#tickets.delete(ticket), ticketMs),
    )
    return ticket
  }

  /** Takes over the upgrades of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      const ticket = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('ticket') ?? ''
      const timer = this.#tickets.get(ticket)
      if (!timer) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
        return
      }
      clearTimeout(timer)
      this.#tickets.delete(ticket)
      this.#server.handleUpgrade(request, socket, head, (opened) => this.#greet(opened))
    })
  }

  /** Sends an event until it is acknowledged, on whatever socket lives. */
  dispatch(payload: Readonly<Record<string, unknown>>): Delivery {
    const delivery: Delivery = {
      payload,
      attempts: 0,
      isAcknowledged: false,
      socket: undefined,
      timer: undefined,
    }
    this.deliveries.push(delivery)
    this.#send(delivery)
    return delivery
  }

  /** What was sent and not acknowledged. */
  get unacknowledged(): readonly Delivery[] {
    return this.deliveries.filter(({ isAcknowledged }) => !isAcknowledged)
  }

  /** Announces the end of every live socket, and closes them after `closeMs`, or leaves that to the client. */
  disconnect(reason: string, closeMs?: number): void {
    const leaving = [...this.live]
    for (const socket of leaving) {
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-1' } }))
      if (closeMs !== undefined) setTimeout(() => socket.close(1000), closeMs)
    }
  }

  /** From now on the live sockets neither say nor hear anything, and stay open. */
  silence(): void {
    for (const socket of this.live) {
      this.#silent.add(socket)
      socket.pause()
    }
  }

  /** Cuts every socket without a close. */
  cut(): void {
    for (const socket of this.#all) socket.terminate()
  }

  /** Ends everything, timers too. */
  end(): void {
    this.cut()
    for (const timer of this.#tickets.values()) clearTimeout(timer)
    for (const { timer } of this.deliveries) clearTimeout(timer)
  }

  #greet(socket: WebSocket): void {
    this.opened++
    this.#all.add(socket)
    let unanswered = 0
    const pinging = setInterval(() => {
      if (this.#silent.has(socket)) return
      if (++unanswered > 2) {
        this.#violations.push('a ping was not answered')
        socket.terminate()
      } else socket.ping('Ping from applink-1')
    }, this.#times.pingMs)
    socket
      .on('pong', () => {
        unanswered = 0
      })
      .on('message', (data) => this.#acknowledge(socket, data))
      .on('error', () => socket.terminate())
      .on('close', () => {
        clearInterval(pinging)
        this.#all.delete(socket)
        const index = this.live.indexOf(socket)
        if (index >= 0) this.live.splice(index, 1)
        for (const delivery of this.unacknowledged) if (delivery.socket === socket) this.#send(delivery)
      })
    if (this.isMute) return
    this.live.push(socket)
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.live.length,
        debug_info: { host: 'applink-1', build_number: 118, approximate_connection_time: 18060 },
        connection_info: { app_id: 'A0APP' },
      }),
    )
    for (const delivery of this.unacknowledged) if (delivery.socket === undefined) this.#send(delivery)
  }

  #send(delivery: Delivery): void {
    clearTimeout(delivery.timer)
    // The oldest: a client must listen to a socket that it is about to leave.
    const socket = this.live.find(
      (one) => one.readyState === WebSocket.OPEN && (delivery.attempts === 0 || !this.#silent.has(one)),
    )
    delivery.socket = socket
    if (!socket) return
    const envelopeId = randomUUID()
    this.#envelopes.set(envelopeId, delivery)
    if (!this.#silent.has(socket)) {
      socket.send(
        JSON.stringify({
          envelope_id: envelopeId,
          type: 'events_api',
          payload: delivery.payload,
          accepts_response_payload: false,
          retry_attempt: delivery.attempts,
          retry_reason: delivery.attempts === 0 ? '' : 'timeout',
        }),
      )
    }
    delivery.attempts++
    delivery.timer = setTimeout(() => {
      if (!delivery.isAcknowledged) this.#send(delivery)
    }, this.#times.ackMs)
  }

  #acknowledge(socket: WebSocket, data: RawData): void {
    const frame: unknown = JSON.parse(String(data))
    const delivery = this.#envelopes.get(String(at(frame, 'envelope_id')))
    if (!delivery) {
      this.#violations.push(`an unknown envelope was acknowledged: ${String(data).slice(0, 100)}`)
      return
    }
    // On another socket, or too late: the event has been sent again already.
    if (delivery.socket !== socket) return
    clearTimeout(delivery.timer)
    delivery.isAcknowledged = true
  }
}
