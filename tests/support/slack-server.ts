import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Delivery, SlackSockets, type SocketTimes } from './slack-sockets.ts'
import { type SlackAnswer, type SlackCall, SlackWorkspace } from './slack-web-methods.ts'

/** What somebody says. */
export interface Saying {
  readonly channel: string
  readonly text: string
  readonly user?: string
  readonly thread?: string | undefined
  readonly ts?: string
  /** Fields of the event that stand beside these. */
  readonly more?: Readonly<Record<string, unknown>>
}

/**
 * A strict Slack on loopback: the Web API and Socket Mode over one workspace. `violations` holds what it would have refused; a test looks
 * at it at its end.
 */
export class SlackServer implements AsyncDisposable {
  readonly workspace = new SlackWorkspace()
  readonly sockets: SlackSockets
  readonly calls: SlackCall[] = []
  /** Does not answer calls, and keeps their connections. */
  isBlackHole = false
  /** Answers every call of a method otherwise, while it stands here. */
  readonly standing = new Map<string, SlackAnswer>()
  readonly #answers: { readonly method: string; readonly answer: SlackAnswer; left: number; skip: number }[] =
    []
  readonly #connections = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #events = 0

  private constructor(times: SocketTimes) {
    this.sockets = new SlackSockets(this.workspace.violations, times)
  }

  /** Starts a server on a free port. */
  static async start(times: Partial<SocketTimes> = {}): Promise<SlackServer> {
    const server = new SlackServer({ ackMs: 3000, pingMs: 5000, ...times })
    await server.up()
    return server
  }

  /** With a slash at the end, as Slack's own. */
  get apiRoot(): string {
    return `http://127.0.0.1:${this.#port}/api/`
  }

  /** The settings of an adapter that talks to this server. */
  get settings(): { readonly botToken: string; readonly appToken: string; readonly apiRoot: string } {
    const { botToken, appToken } = this.workspace
    return { botToken, appToken, apiRoot: this.apiRoot }
  }

  /** Listens again, on the same port. */
  async up(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response))
    server.on('connection', (socket) => {
      this.#connections.add(socket)
      socket.on('close', () => this.#connections.delete(socket))
    })
    this.sockets.attach(server)
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = portOf(server)
    this.#server = server
  }

  /** Is gone: no port, no connections. */
  async down(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    server.close()
    this.sockets.cut()
    for (const socket of this.#connections) socket.destroy()
    await once(server, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sockets.end()
    await this.down()
  }

  /** Answers so many calls of a method otherwise, after it has let `skip` of them pass. */
  answer(method: string, answer: SlackAnswer, times = 1, skip = 0): void {
    this.#answers.push({ method, answer, left: times, skip })
  }

  /** The calls of one method. */
  callsOf(method: string): readonly SlackCall[] {
    return this.calls.filter((call) => call.method === method)
  }

  /** Somebody says something: one `message` event. */
  say(saying: Saying): Delivery {
    return this.sockets.dispatch(this.payload('message', saying))
  }

  /** Somebody mentions the bot: a `message` and an `app_mention` of the same `ts`, as Slack sends them to who asked for both. */
  mention(saying: Saying): readonly [Delivery, Delivery] {
    const { ts = this.workspace.nextTs() } = saying
    const text = `<@${this.workspace.bot.userId}> ${saying.text}`
    const both = { ...saying, text, ts }
    return [this.say(both), this.sockets.dispatch(this.payload('app_mention', both))]
  }

  /** What Slack sends for something said. */
  payload(type: 'message' | 'app_mention', saying: Saying): Readonly<Record<string, unknown>> {
    const { channel, text, user = 'U1', thread, ts = this.workspace.nextTs(), more } = saying
    const { appId, teamId, userId } = this.workspace.bot
    const number = String(++this.#events).padStart(6, '0')
    return {
      token: 'verification-token',
      team_id: teamId,
      api_app_id: appId,
      type: 'event_callback',
      event_id: `Ev${number}`,
      event_time: Math.floor(Number(ts)),
      authorizations: [{ enterprise_id: null, team_id: teamId, user_id: userId, is_bot: true }],
      event: {
        type,
        channel,
        user,
        text,
        ts,
        event_ts: ts,
        team: teamId,
        ...(type === 'message' ? { channel_type: channel.startsWith('D') ? 'im' : 'channel' } : {}),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        ...more,
      },
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.apiRoot)
    const method = url.pathname.replace(/^\/api\//, '')
    const body = await bodyOf(request)
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const args = argumentsOf(request.headers['content-type'] ?? '', body)
    if (args === undefined)
      this.workspace.violations.push(`a body of type ${request.headers['content-type']}`)
    if (/xox|xapp/.test(url.search)) this.workspace.violations.push('a token in an address')
    const call = { method, token, args: args ?? {}, at: performance.now() }
    this.calls.push(call)
    if (this.isBlackHole) return
    const { status = 200, headers, body: answer } = this.#planned(method) ?? this.#own(call)
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-oauth-scopes': token === this.workspace.appToken ? 'connections:write' : this.workspace.scopes,
      ...headers,
    })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }

  #planned(method: string): SlackAnswer | undefined {
    const planned = this.#answers.find((answer) => answer.method === method && answer.left > 0)
    if (!planned || planned.skip-- > 0) return this.standing.get(method)
    planned.left--
    return planned.answer
  }

  #own(call: SlackCall): SlackAnswer {
    const answer = this.workspace.answer(call)
    const { body } = answer
    const isOpening = call.method === 'apps.connections.open' && isOk(body)
    if (call.method === 'chat.postMessage' && isOk(body)) this.#echo()
    if (!isOpening) return answer
    const url = `ws://127.0.0.1:${this.#port}/link/?ticket=${this.sockets.ticket()}&app_id=A0APP`
    return { body: { ok: true, url } }
  }

  // An app that hears a channel hears itself there.
  #echo(): void {
    const post = this.workspace.posts.at(-1)
    if (!post) return
    const { botId, appId, userId } = this.workspace.bot
    this.say({
      ...post,
      user: userId,
      more: { bot_id: botId, app_id: appId, bot_profile: { app_id: appId } },
    })
  }
}

function isOk(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'ok' in body && body.ok === true
}

function argumentsOf(type: string, body: string): Record<string, string> | undefined {
  if (body === '') return {}
  if (/^application\/x-www-form-urlencoded\b/.test(type)) return Object.fromEntries(new URLSearchParams(body))
  if (!/^application\/json\b/.test(type)) return undefined
  const parsed: unknown = JSON.parse(body)
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
