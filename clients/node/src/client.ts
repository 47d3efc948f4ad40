import type {
  ChatReply,
  ChatRequest,
  Conversation,
  ConversationPage,
  Health,
  HealthDetail,
  Message,
  MessagePage,
  ModelList,
  SendReply,
  Skill,
  UsageRow,
} from './api-types.ts'
import { apiError, foreignAnswer, isRecord } from './errors.ts'
import { type EventStream, eventsOf } from './event-stream.ts'
import {
  chatBody,
  checkBaseUrl,
  checkToken,
  pause,
  segment,
  waitBeforeRetryMs,
  withQuery,
} from './requests.ts'
import { Watch } from './watch.ts'

/** How a client behaves. */
export interface ClientOptions {
  /** How long the gateway may say nothing, in milliseconds. 120,000. */
  readonly timeoutMs?: number
  /** Further tries after a failed connection, 408, 429 and 5xx. 2. */
  readonly maxRetries?: number
  /** In the place of the global `fetch`. */
  readonly fetch?: typeof fetch
  /** A page shows its token to everybody who opens it: use one of `POST /api/v1/tokens/session` there. True allows a secret one. */
  readonly allowSecretTokenInBrowser?: boolean
}

/** What every call takes. */
export interface RequestOptions {
  /** Ends the call, and stops the model. */
  readonly signal?: AbortSignal
  /** By which the gateway knows a second try; made by the client by default. */
  readonly idempotencyKey?: string
}

/** What a chat takes beside its message. Without `model` the gateway chooses. */
export type ChatOptions = Omit<ChatRequest, 'message'> & RequestOptions

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly withToken?: false
  readonly accept?: string
  /** The list that the reply must have. */
  readonly list?: 'data' | 'messages'
}

/** Talks to one gateway. */
export class OpenClawClient {
  readonly baseUrl: string
  readonly #token: string
  readonly #timeoutMs: number
  readonly #maxRetries: number
  readonly #fetch: typeof fetch

  constructor(baseUrl = 'http://localhost:18789', token = '', options: ClientOptions = {}) {
    this.baseUrl = checkBaseUrl(baseUrl)
    this.#token = checkToken(token, options.allowSecretTokenInBrowser ?? false)
    this.#timeoutMs = options.timeoutMs ?? 120_000
    this.#maxRetries = options.maxRetries ?? 2
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init))
  }

  /** Sends a message and resolves to the model's reply. */
  async chat(message: string, options: ChatOptions = {}): Promise<ChatReply> {
    const body = chatBody(message, options)
    return this.#post('/api/v1/chat', body, options)
  }

  /** Opens a stream of events. Rejects with `ApiError` where the gateway refuses; the iteration throws `StreamError` where the stream does not end with `done`. */
  async stream(message: string, options: ChatOptions = {}): Promise<EventStream> {
    const body = chatBody(message, options)
    const call: Call = { method: 'POST', path: '/api/v1/chat/stream', body, accept: 'text/event-stream' }
    return this.#retrying(options.signal, async () => {
      const watch = new Watch(this.#timeoutMs, options.signal)
      try {
        return eventsOf(await this.#open(call, {}, watch), watch, this.baseUrl)
      } catch (error) {
        watch.abort()
        throw error
      }
    })
  }

  /** Yields the reply's text piece by piece. Leaving the loop early stops the model. */
  async *chatStream(message: string, options: ChatOptions = {}): AsyncGenerator<string, void, undefined> {
    for await (const event of await this.stream(message, options)) {
      if (event.type === 'delta') yield event.content
    }
  }

  /** Sends a message, in Markdown, to a chat of a channel. */
  async send(
    channel: string,
    chatId: string,
    message: string,
    options: RequestOptions & { readonly metadata?: Readonly<Record<string, string>> } = {},
  ): Promise<SendReply> {
    const { metadata } = options
    const body = { channel, chatId, message, ...(metadata === undefined ? {} : { metadata }) }
    return this.#post('/api/v1/send', body, options)
  }

  /** Asks whether the gateway is there. Needs no token. */
  async health(): Promise<Health> {
    return this.#call({ method: 'GET', path: '/health', withToken: false })
  }

  /** Asks how each part of the gateway is. */
  async healthDetail(): Promise<HealthDetail> {
    return this.#call({ method: 'GET', path: '/health/detail' })
  }

  /** Lists the models, under `data`. */
  async getModels(): Promise<ModelList> {
    return this.#call({ method: 'GET', path: '/api/v1/models', list: 'data' })
  }

  /** Lists the skills. */
  async skills(): Promise<readonly Skill[]> {
    const { data }: { data: readonly Skill[] } = await this.#list('/api/v1/skills')
    return data
  }

  /** Sums up what was used, by `day`, `model`, `token` or `metadata.<key>`; the last 30 days by default. */
  async usage(
    query: { readonly from?: string; readonly to?: string; readonly groupBy?: string } = {},
  ): Promise<readonly UsageRow[]> {
    const path = withQuery('/api/v1/usage', query)
    const { data }: { data: readonly UsageRow[] } = await this.#list(path)
    return data
  }

  /** Yields all conversations that the token can see, newest first, asking for one page at a time. */
  async *conversations(
    query: { readonly channel?: string; readonly pageSize?: number } = {},
  ): AsyncGenerator<Conversation, void, undefined> {
    const { channel, pageSize = 100 } = query
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const path = withQuery('/api/v1/conversations', { channel, limit: pageSize, cursor })
      const page: ConversationPage = await this.#list(path)
      yield* page.data
      cursor = page.hasMore ? (page.nextCursor ?? null) : null
    }
  }

  /** Resolves to a conversation, with its first messages under `messages`. */
  async conversation(id: string): Promise<MessagePage> {
    return this.#call({ method: 'GET', path: `/api/v1/conversations/${segment(id)}` })
  }

  /** Yields all messages of a conversation, oldest first, asking for one page at a time. */
  async *messages(
    id: string,
    query: { readonly pageSize?: number } = {},
  ): AsyncGenerator<Message, void, undefined> {
    const { pageSize = 100 } = query
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const path = withQuery(`/api/v1/conversations/${segment(id)}`, { limit: pageSize, cursor })
      const page: MessagePage = await this.#list(path, 'messages')
      yield* page.messages
      cursor = page.hasMore ? (page.nextCursor ?? null) : null
    }
  }

  /** Deletes a conversation and its messages. */
  async deleteConversation(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/api/v1/conversations/${segment(id)}` })
  }

  #list<Reply>(path: string, list: 'data' | 'messages' = 'data'): Promise<Reply> {
    return this.#call({ method: 'GET', path, list })
  }

  #post<Reply>(path: string, body: object, options: RequestOptions): Promise<Reply> {
    return this.#call({ method: 'POST', path, body }, options)
  }

  #call<Reply>(call: Call, options: RequestOptions = {}): Promise<Reply> {
    const key = options.idempotencyKey ?? crypto.randomUUID()
    const headers: Record<string, string> = call.method === 'POST' ? { 'idempotency-key': key } : {}
    return this.#retrying(options.signal, async () => {
      const watch = new Watch(this.#timeoutMs, options.signal)
      try {
        const response = await this.#open(call, headers, watch)
        return await watch.guard(replyOf<Reply>(response, call, this.baseUrl), this.baseUrl)
      } finally {
        watch.end()
      }
    })
  }

  async #open(call: Call, extra: Readonly<Record<string, string>>, watch: Watch): Promise<Response> {
    const { method, path, body, accept = 'application/json' } = call
    const url = `${this.baseUrl}${path}`
    const headers: Record<string, string> = { accept, ...extra }
    if (this.#token !== '' && call.withToken !== false) headers.authorization = `Bearer ${this.#token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const asked = this.#fetch(url, {
      method,
      headers,
      signal: watch.signal,
      // The token would go along.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const response = await watch.guard(asked, this.baseUrl)
    if (response.ok) return response
    throw await watch.guard(apiError(response, this.baseUrl), this.baseUrl)
  }

  async #retrying<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        const ms = attempt < this.#maxRetries ? waitBeforeRetryMs(error, attempt) : undefined
        if (ms === undefined) throw error
        await pause(ms, signal)
      }
    }
  }
}

async function replyOf<Reply>(response: Response, { method, list }: Call, url: string): Promise<Reply> {
  const text = await response.text()
  const reply = jsonOf(text === '' && method === 'DELETE' ? '{}' : text)
  if (isReply<Reply>(reply, list)) return reply
  throw foreignAnswer(response, url)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// A gateway validates what it sends by the schemas that the types are made from; what is another's is told by its outline.
function isReply<Reply>(reply: unknown, list: Call['list']): reply is Reply {
  return isRecord(reply) && (list === undefined || Array.isArray(reply[list]))
}
