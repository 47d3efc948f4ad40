import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Message } from 'grammy/types'
import { createPostbox, type Postbox } from './telegram-postbox.ts'
import {
  type BotApiAnswer,
  isParams,
  type MessageDraft,
  refused,
  type TakenMessage,
  TelegramState,
  type UpdateDraft,
} from './telegram-state.ts'

/** How a call goes wrong. */
export type TelegramFault =
  /** The connection ends without an answer; `after` it was carried out, or before. */
  | { readonly fault: 'cut'; readonly after?: boolean }
  /** Nothing ever comes. */
  | { readonly fault: 'stall' }
  /** Not the Bot API's words: a proxy's page. */
  | { readonly fault: 'page'; readonly status: number; readonly text: string }
  | Extract<BotApiAnswer, { ok: false }>

/** A call that the fake has got. */
export interface BotApiCall {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  /** `performance.now()`. */
  readonly at: number
}

/** A Bot API server over loopback, for one bot. */
export interface TelegramServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
  readonly state: TelegramState
  readonly calls: readonly BotApiCall[]
  /** Calls with a token that is not the bot's. */
  readonly strangers: number
  /** What the bot has posted and Telegram has taken. */
  readonly taken: readonly TakenMessage[]
  /** Polls that are held open. */
  readonly polls: number
  /** A person writes; in a direct chat and as Alice unless the draft says otherwise. */
  say(text: string | undefined, draft?: MessageDraft): Message
  /** The person changes a message. */
  edit(message: Message, change: MessageDraft): void
  /** Any update at all. */
  push(update: UpdateDraft): number
  /** The next calls of a method go so, one after another; undefined is a good one. */
  next(method: string, ...faults: (TelegramFault | undefined)[]): void
  /** All calls of a method go so, until told otherwise. */
  always(method: string, fault: TelegramFault | undefined): void
  callsOf(method: string): readonly BotApiCall[]
  /** Stops listening and cuts all connections, as a platform that is down; `up` comes back on the same port. */
  down(): Promise<void>
  up(): Promise<void>
  /** Goes silent without a word: connections stand, nothing is carried out and nothing is answered. */
  vanish(): void
  comeBack(): void
}

/** The bot of a fake that was not told another. */
export const fakeBot = {
  id: 700_100,
  username: 'demo_bot',
  token: '700100:AAFakeTokenOfTheTests_0123456789abc',
} as const
/** The person who writes where a test does not care. */
export const alice = { id: 4242, first_name: 'Alice', is_bot: false } as const

/**
 * Starts a server that speaks the Bot API as strictly as the real one (https://core.telegram.org/bots/api): its refusals in its words, one poll at a time,
 * updates that stay until a higher offset confirms them.
 */
export async function startTelegramServer(
  options: { readonly token?: string } = {},
): Promise<TelegramServer> {
  const token = options.token ?? fakeBot.token
  const state = new TelegramState(500_001)
  const calls: BotApiCall[] = []
  let strangers = 0
  let isGone = false
  const planned = new Map<string, (TelegramFault | undefined)[]>()
  const standing = new Map<string, TelegramFault>()
  const sockets = new Set<Socket>()
  const postbox: Postbox = createPostbox(state)

  async function answerOf(method: string, params: Readonly<Record<string, unknown>>, gone: AbortSignal) {
    switch (method) {
      case 'getMe':
        return result({
          id: fakeBot.id,
          is_bot: true,
          first_name: 'Demo',
          username: fakeBot.username,
          can_join_groups: true,
          can_read_all_group_messages: false,
        })
      case 'getUpdates':
        return await postbox.getUpdates(params, gone)
      case 'setWebhook':
        return postbox.setWebhook(params)
      case 'deleteWebhook':
        return postbox.deleteWebhook()
      case 'getWebhookInfo':
        return result(postbox.webhookInfo())
      case 'sendMessage':
        return state.sendMessage(params)
      case 'sendChatAction':
        return state.sendChatAction(params)
      default:
        return refused(404, 'Not Found')
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isGone) return
    const [, given = '', method = ''] = /^\/bot([^/]*)\/(\w+)$/.exec(request.url ?? '') ?? []
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const params = await bodyOf(request)
    if (given !== token) strangers += 1
    if (!/^\d+:[\w-]{30,}$/.test(given)) return send(response, refused(404, 'Not Found'))
    if (given !== token) return send(response, refused(401, 'Unauthorized'))
    if (params === undefined) return send(response, refused(400, "Bad Request: can't parse JSON object"))
    calls.push({ method, params, at: performance.now() })
    const fault = planned.get(method)?.length ? planned.get(method)?.shift() : standing.get(method)
    if (fault === undefined) {
      const answer = await answerOf(method, params, gone.signal)
      // A poll that was held when everything fell silent is not answered either.
      return isGone ? undefined : send(response, answer)
    }
    if (!('fault' in fault)) return send(response, fault)
    switch (fault.fault) {
      case 'stall':
        return
      case 'cut':
        if (fault.after) await answerOf(method, params, gone.signal)
        request.socket.destroy()
        return
      case 'page':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end(fault.text)
    }
  }

  let server = await listen(0)
  const { port } = addressOf(server)

  async function listen(at: number): Promise<Server> {
    const made = createServer((request, response) => void handle(request, response))
    made.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    made.listen(at, '127.0.0.1')
    await once(made, 'listening')
    return made
  }

  async function down(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  const push = (update: UpdateDraft): number => {
    const id = state.queue(update)
    postbox.wake()
    return id
  }

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    state,
    calls,
    taken: state.taken,
    get strangers() {
      return strangers
    },
    get polls() {
      return postbox.polls
    },
    say(text, draft = {}) {
      const message = messageOf({ ...(text === undefined ? {} : { text }), ...draft }, state)
      push({ message })
      return message
    },
    edit(message, change) {
      const edited = messageOf({ ...message, edit_date: message.date + 5, ...change }, state)
      push({ edited_message: edited })
    },
    push,
    next: (method, ...faults) => void planned.set(method, [...(planned.get(method) ?? []), ...faults]),
    always(method, fault) {
      if (fault === undefined) standing.delete(method)
      else standing.set(method, fault)
    },
    callsOf: (method) => calls.filter((call) => call.method === method),
    down,
    async up() {
      server = await listen(port)
    },
    vanish() {
      isGone = true
      postbox.forget()
    },
    comeBack() {
      isGone = false
    },
    async [Symbol.asyncDispose]() {
      postbox.close()
      if (server.listening) await down()
    },
  }
}

function messageOf(draft: MessageDraft, state: TelegramState): Message {
  const from = { is_bot: false, first_name: 'Somebody', ...(draft.from ?? alice) }
  const chat = { type: 'private', first_name: from.first_name, ...(draft.chat ?? { id: from.id }) }
  return asMessage({
    date: 1_790_000_000,
    ...draft,
    message_id: draft.message_id ?? state.nextMessageId(),
    from,
    chat,
  })
}

/** The proven cast to Telegram's type. Proof: the fields that every message has are set above; a test's own fields are typed by its draft. */
function asMessage(message: object): Message {
  return message as Message
}

function result(value: unknown): BotApiAnswer {
  return { ok: true, result: value }
}

function send(response: ServerResponse, answer: BotApiAnswer): void {
  if (response.destroyed) return
  response.writeHead(answer.ok ? 200 : answer.error_code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer))
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  const pieces: Buffer[] = []
  for await (const piece of request) if (Buffer.isBuffer(piece)) pieces.push(piece)
  const text = Buffer.concat(pieces).toString()
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    return isParams(body) ? body : undefined
  } catch {
    return undefined
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address
}
