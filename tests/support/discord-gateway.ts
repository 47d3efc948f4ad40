import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { botUser, type DiscordWorld } from './discord-world.ts'

/** What a client has sent. */
export interface GatewayFrame {
  readonly op: number
  readonly d: unknown
}

interface Session {
  readonly id: string
  readonly events: { readonly s: number; readonly frame: string }[]
  sequence: number
  connection: Connection | undefined
}

interface Connection {
  readonly socket: WebSocket
  readonly raw: Duplex
  session: Session | undefined
  sent: number
  beatAt: number
  check: ReturnType<typeof setInterval>
}

const intentsKnown = (1 << 26) - 1
const intentsNeeded = (1 << 0) | (1 << 9) | (1 << 12)
const messageContent = 1 << 15
const eventsAMinute = 120

/**
 * Discord's gateway, version 10, over loopback: as strict as the real one about what a client sends, with its close codes; and with every
 * way to fail that a test can ask for.
 */
export class FakeGateway {
  /** What the clients have done that Discord would not take. */
  readonly violations: string[] = []
  /** Everything that clients have sent, heartbeats too. */
  readonly received: GatewayFrame[] = []
  /** Codes that clients have closed with, 1006 where they have not. */
  readonly closes: number[] = []
  heartbeatMs = 41_250
  /** Withholds acknowledgements. */
  holdsAcks = false
  /** Takes everything and says nothing, on every connection. */
  isSilent = false
  /** Closes with this code in the place of READY. */
  refusesIdentify: number | undefined
  /** Answers a RESUME with this close code. */
  refusesResume: number | undefined
  /** The bot may read messages. */
  allowsMessageContent = true
  /** Answers a RESUME with INVALID_SESSION of this kind. */
  invalidAtResume: 'resumable' | 'gone' | undefined
  /** Says nothing to a RESUME. */
  ignoresResume = false
  resumeUrl: string | undefined
  remaining = 1000
  readonly #world: DiscordWorld
  readonly #token: string
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  readonly #sessions = new Map<string, Session>()
  readonly #connections = new Set<Connection>()
  #made = 0

  constructor(world: DiscordWorld, token: string) {
    this.#world = world
    this.#token = token
  }

  /** How many connections were ever made. */
  get made(): number {
    return this.#made
  }

  get connections(): number {
    return this.#connections.size
  }

  /** How many clients have a session that events go to. */
  get attached(): number {
    return [...this.#sessions.values()].filter(({ connection }) => connection !== undefined).length
  }

  frames(op: number): readonly GatewayFrame[] {
    return this.received.filter((frame) => frame.op === op)
  }

  /** Tells every session, also one whose connection is gone: it may be resumed. */
  dispatch(name: string, data: unknown): void {
    for (const session of this.#sessions.values()) this.#tell(session, name, data)
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const { raw } of this.#connections) raw.destroy()
  }

  /** Reads nothing more of the connections that there are: as of a machine that is gone, no close of theirs is answered. */
  freeze(): void {
    for (const { socket } of this.#connections) socket.pause()
  }

  close(code: number): void {
    for (const { socket } of this.#connections) socket.close(code)
  }

  /** Asks every client for another connection. */
  askReconnect(): void {
    for (const connection of this.#connections) this.#send(connection, { op: 7, d: null })
  }

  /** Asks every client for a heartbeat. */
  askHeartbeat(): void {
    for (const connection of this.#connections) this.#send(connection, { op: 1, d: null })
  }

  /** Sends a text as it stands. */
  sendRaw(text: string): void {
    for (const { socket } of this.#connections) socket.send(text)
  }

  invalidate(isResumable: boolean): void {
    for (const connection of this.#connections) {
      if (!isResumable && connection.session) this.#sessions.delete(connection.session.id)
      this.#send(connection, { op: 9, d: isResumable })
    }
  }

  /** Sessions that are resumed from now on are gone. */
  forgetSessions(): void {
    this.#sessions.clear()
  }

  upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, raw, head, (socket) => this.#accept(socket, raw, request.url ?? ''))
  }

  stop(): void {
    this.cut()
    this.#server.close()
  }

  #accept(socket: WebSocket, raw: Duplex, url: string): void {
    this.#made++
    const connection: Connection = {
      socket,
      raw,
      session: undefined,
      sent: 0,
      beatAt: performance.now(),
      check: setInterval(() => this.#checkBeat(connection), 50),
    }
    this.#connections.add(connection)
    const query = new URL(url, 'ws://fake').searchParams
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      clearInterval(connection.check)
      this.#connections.delete(connection)
      this.closes.push(code)
      const { session } = connection
      if (session?.connection !== connection) return
      session.connection = undefined
      // https://docs.discord.com/developers/events/gateway#initiating-a-disconnect
      if (code === 1000 || code === 1001) this.#sessions.delete(session.id)
    })
    socket.on('message', (data) => this.#onMessage(connection, String(data)))
    if (query.get('v') !== '10' || query.get('encoding') !== 'json') {
      this.#violate(connection, 4012, `connects with ${url}`)
      return
    }
    this.#send(connection, { op: 10, d: { heartbeat_interval: this.heartbeatMs, _trace: ['fake'] } })
  }

  #onMessage(connection: Connection, text: string): void {
    const frame = frameOf(text)
    if (!frame) {
      this.#violate(connection, 4002, 'sends what is no frame')
      return
    }
    this.received.push(frame)
    if (this.isSilent) return
    if (++connection.sent > eventsAMinute) this.#violate(connection, 4008, 'sends too much')
    switch (frame.op) {
      case 1:
        this.#onHeartbeat(connection, frame.d)
        return
      case 2:
        this.#onIdentify(connection, fields(frame.d))
        return
      case 6:
        this.#onResume(connection, fields(frame.d))
        return
      default:
        this.#violate(connection, 4001, `sends op ${frame.op}`)
    }
  }

  #onHeartbeat(connection: Connection, sequence: unknown): void {
    connection.beatAt = performance.now()
    const last = connection.session?.sequence ?? Infinity
    if (sequence !== null && (typeof sequence !== 'number' || sequence > last)) {
      this.violations.push(`beats with ${sequence} of ${last}`)
    }
    if (!this.holdsAcks) this.#send(connection, { op: 11 })
  }

  #onIdentify(connection: Connection, data: Readonly<Record<string, unknown>>): void {
    if (connection.session) {
      this.#violate(connection, 4005, 'identifies twice')
      return
    }
    const { token, intents, properties } = data
    if (token !== this.#token) {
      connection.socket.close(4004, 'Authentication failed.')
      return
    }
    if (
      typeof intents !== 'number' ||
      (intents & ~intentsKnown) !== 0 ||
      (intents & intentsNeeded) !== intentsNeeded
    ) {
      this.#violate(connection, 4013, `asks for the intents ${intents}`)
      return
    }
    if (!fields(properties).os || !fields(properties).browser)
      this.violations.push('identifies without properties')
    if ((intents & messageContent) !== 0 && !this.allowsMessageContent) {
      connection.socket.close(4014, 'Disallowed intent(s).')
      return
    }
    if (this.refusesIdentify !== undefined) {
      connection.socket.close(this.refusesIdentify)
      return
    }
    this.remaining--
    const session: Session = { id: randomUUID(), events: [], sequence: 0, connection }
    this.#sessions.set(session.id, session)
    connection.session = session
    const guildIds = [...this.#world.guilds.keys()]
    this.#tell(session, 'READY', {
      v: 10,
      user: botUser,
      guilds: guildIds.map((id) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: this.resumeUrl,
      application: { id: botUser.id, flags: 1 << 19 },
    })
    for (const id of guildIds) this.#tell(session, 'GUILD_CREATE', this.#world.guildTold(id))
  }

  #onResume(connection: Connection, data: Readonly<Record<string, unknown>>): void {
    if (connection.session) {
      this.#violate(connection, 4005, 'resumes twice')
      return
    }
    if (this.ignoresResume) return
    if (data.token !== this.#token || this.refusesResume !== undefined) {
      connection.socket.close(this.refusesResume ?? 4004, 'Authentication failed.')
      return
    }
    const session = this.#sessions.get(String(data.session_id))
    if (!session || this.invalidAtResume !== undefined) {
      this.#send(connection, { op: 9, d: this.invalidAtResume === 'resumable' })
      return
    }
    const { seq } = data
    if (typeof seq !== 'number' || seq < 1 || seq > session.sequence) {
      this.#violate(connection, 4007, `resumes at ${seq} of ${session.sequence}`)
      return
    }
    if (session.connection) session.connection.session = undefined
    session.connection = connection
    connection.session = session
    for (const { s, frame } of session.events) if (s > seq) connection.socket.send(frame)
    this.#tell(session, 'RESUMED', { _trace: ['fake'] })
  }

  #tell(session: Session, name: string, data: unknown): void {
    session.sequence++
    const frame = JSON.stringify({ op: 0, t: name, s: session.sequence, d: data })
    if (name !== 'READY' && name !== 'RESUMED') session.events.push({ s: session.sequence, frame })
    if (session.connection && !this.isSilent) session.connection.socket.send(frame)
  }

  #send({ socket }: Connection, frame: unknown): void {
    if (!this.isSilent) socket.send(JSON.stringify(frame))
  }

  #checkBeat(connection: Connection): void {
    if (performance.now() - connection.beatAt <= 1.5 * this.heartbeatMs + 500) return
    clearInterval(connection.check)
    this.#violate(connection, 4009, 'does not beat')
  }

  #violate({ socket }: Connection, code: number, what: string): void {
    this.violations.push(what)
    socket.close(code)
  }
}

function frameOf(text: string): GatewayFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text)
    const { op, d } = fields(frame)
    return typeof op === 'number' ? { op, d } : undefined
  } catch {
    return undefined
  }
}

/** Returns the fields of parsed JSON that is an object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
