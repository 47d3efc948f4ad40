import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { APIMessage } from 'discord-api-types/v10'
import { FakeGateway } from './discord-gateway.ts'
import { channelOf, createMessage, listMessages, type RestAnswer, refused } from './discord-rules.ts'
import { botUser, DiscordWorld, type Saying } from './discord-world.ts'

/** A call of the REST API as the fake has seen it. */
export interface RestCall {
  readonly method: string
  /** Below the version, with its query. */
  readonly path: string
  readonly body: unknown
  readonly status: number
  /** `performance.now()`. */
  readonly at: number
}

/** Decides about calls in the place of the rules; `after` answers what the rules have already done. */
export type Fault =
  | ({ readonly when?: 'before' | 'after' } & RestAnswer)
  /** Never answers, or cuts the connection, before or after the rules have done it. */
  | { readonly when?: 'before' | 'after'; readonly fault: 'silence' | 'cut' }

const basePath = '/api/v10'

/**
 * Discord on a loopback port of its own: REST and gateway, version 10, as strict as the real one and with its words. Its ids, headers,
 * buckets and error codes are those that Discord documents.
 */
export class DiscordServer implements AsyncDisposable {
  readonly token = 'MTA3MTAwMDAwMDAwMDAwMDAwMQ.fake.token-of-the-tests'
  readonly world = new DiscordWorld()
  readonly gateway = new FakeGateway(this.world, this.token)
  readonly calls: RestCall[] = []
  /** Messages a channel takes in `windowMs`. */
  limit = 5
  windowMs = 5_000
  /** Decides about every call for which it returns something. */
  fault: ((method: string, path: string) => Fault | undefined) | undefined
  readonly #sockets = new Set<Socket>()
  readonly #buckets = new Map<string, { left: number; resetAt: number }>()
  #http: Server
  #port = 0

  private constructor() {
    this.#http = this.#server()
  }

  static async start(): Promise<DiscordServer> {
    const server = new DiscordServer()
    await server.up()
    return server
  }

  /** What goes into `apiRoot`. */
  get apiRoot(): string {
    return `http://127.0.0.1:${this.#port}/api`
  }

  /** Somebody says something: it is in the history, and told to every session. */
  say(channelId: string, saying: Saying): APIMessage {
    const message = this.world.store(channelId, saying)
    this.gateway.dispatch('MESSAGE_CREATE', this.world.told(message))
    return message
  }

  /** What the bot has posted in a channel, oldest first. */
  posted(channelId: string): readonly APIMessage[] {
    return this.world.channel(channelId).messages.filter(({ author }) => author.id === botUser.id)
  }

  /** Nobody can reach the platform until `up`. */
  async down(): Promise<void> {
    if (!this.#http.listening) return
    const closed = once(this.#http, 'close')
    this.#http.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** The platform is back, at the same address. */
  async up(): Promise<void> {
    this.#http = this.#server()
    this.#http.listen(this.#port, '127.0.0.1')
    await once(this.#http, 'listening')
    const address = this.#http.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
    this.gateway.resumeUrl ??= `ws://127.0.0.1:${this.#port}/resume`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.stop()
    await this.down()
  }

  #server(): Server {
    const http = createServer((request, response) => void this.#answer(request, response))
    http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    http.on('upgrade', (request, socket, head) => this.gateway.upgrade(request, socket, head))
    return http
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const method = request.method ?? ''
    const url = request.url ?? ''
    const path = url.slice(basePath.length)
    const body = parsed(Buffer.concat(pieces).toString('utf8'))
    const fault = this.fault?.(method, path)
    const done = fault && (fault.when ?? 'before') === 'before' ? undefined : this.#act(request, path, body)
    const answer = fault && 'status' in fault ? fault : fault ? undefined : done
    this.calls.push({ method, path, body, status: answer?.status ?? 0, at: performance.now() })
    if (!answer) {
      if (fault && 'fault' in fault && fault.fault === 'cut') request.socket.destroy()
      return
    }
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? null)
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.status === 204 ? undefined : text)
  }

  #act(request: IncomingMessage, path: string, body: unknown): RestAnswer {
    const { method = '', headers, url = '' } = request
    if (!url.startsWith(`${basePath}/`)) return refused(404, 0, '404: Not Found')
    if (headers.authorization !== `Bot ${this.token}`) return refused(401, 0, '401: Unauthorized')
    if (!/^DiscordBot \(.+, .+\)/.test(headers['user-agent'] ?? ''))
      return refused(403, 40_333, 'internal network error')
    const { pathname, searchParams } = new URL(path, 'http://fake')
    if (method === 'GET' && pathname === '/gateway/bot') return { status: 200, body: this.#gatewayBot() }
    if (method === 'GET' && pathname === '/users/@me') return { status: 200, body: botUser }
    const [, id, what] = /^\/channels\/([^/]+)(?:\/(messages|typing))?$/.exec(pathname) ?? []
    if (id === undefined) return refused(404, 0, '404: Not Found')
    const channel = channelOf(this.world, decodeURIComponent(id))
    if ('status' in channel) return channel
    const isPost = method === 'POST'
    if (isPost && what === 'messages' && headers['content-type'] !== 'application/json') {
      return refused(400, 50_109, 'The request body contains invalid JSON.')
    }
    const limited = this.#take(
      `${method} ${what} ${channel.id}`,
      isPost && what === 'messages' ? this.limit : 1000,
    )
    if (limited.status === 429) return limited
    return { ...this.#perform(method, what, channel.id, searchParams, body), headers: limited.headers ?? {} }
  }

  #perform(
    method: string,
    what: string | undefined,
    id: string,
    query: URLSearchParams,
    body: unknown,
  ): RestAnswer {
    const channel = this.world.channel(id)
    if (method === 'GET' && what === undefined) {
      const { name, type, guildId } = channel
      return { status: 200, body: { id, name, type, ...(guildId === null ? {} : { guild_id: guildId }) } }
    }
    if (method === 'GET' && what === 'messages') return listMessages(channel, query)
    if (method === 'POST' && what === 'typing') return { status: 204 }
    if (method !== 'POST' || what !== 'messages') return refused(405, 0, '405: Method Not Allowed')
    const created = createMessage(this.world, channel, body)
    if (created.message && created.isNew) {
      this.gateway.dispatch('MESSAGE_CREATE', this.world.told(created.message))
    }
    return created
  }

  // https://docs.discord.com/developers/topics/rate-limits
  #take(key: string, limit: number): RestAnswer {
    const now = performance.now()
    const known = this.#buckets.get(key)
    const bucket = known && known.resetAt > now ? known : { left: limit, resetAt: now + this.windowMs }
    this.#buckets.set(key, bucket)
    const leftS = (bucket.resetAt - now) / 1000
    bucket.left--
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, bucket.left)),
      'x-ratelimit-reset': String(Date.now() / 1000 + leftS),
      'x-ratelimit-reset-after': leftS.toFixed(3),
      'x-ratelimit-bucket': key.replace(/ \d+$/, '').replaceAll(' ', '-').toLowerCase(),
    }
    if (bucket.left >= 0) return { status: 200, headers }
    const body = {
      message: 'You are being rate limited.',
      retry_after: Number(leftS.toFixed(3)),
      global: false,
    }
    return {
      status: 429,
      headers: { ...headers, 'retry-after': String(Math.ceil(leftS)), 'x-ratelimit-scope': 'user' },
      body,
    }
  }

  #gatewayBot(): unknown {
    return {
      url: `ws://127.0.0.1:${this.#port}/gateway`,
      shards: 1,
      session_start_limit: {
        total: 1000,
        remaining: this.gateway.remaining,
        reset_after: 3_600_000,
        max_concurrency: 1,
      },
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
