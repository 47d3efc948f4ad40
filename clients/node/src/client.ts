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
  StreamEvent,
  UsageRow,
} from './api-types.ts'
import {
  ApiError,
  apiError,
  ConnectionFailedError,
  cutShort,
  OpenClawError,
  streamError,
  TimedOutError,
} from './errors.ts'
import { EventDecoder } from './events.ts'

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

/** What a chat takes beside its message. `model: null` leaves it to the gateway. */
export type ChatOptions = Omit<ChatRequest, 'message'> & RequestOptions

/** The events of one reply: `start`, `delta`…, `done`. Leaving the loop early, or `close`, stops the model. */
export interface EventStream extends AsyncIterableIterator<StreamEvent> {
  /** The id to look for in the gateway's log and audit. */
  readonly requestId: string | undefined
  close(): Promise<void>
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly withToken?: false
  readonly accept?: string
}

const defaultModel = 'claude-sonnet-4-20250514'
const retryAfterSecondsMax = 60
const backoffMs = 500
const backoffMsMax = 8_000

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
        return eventsOf(await this.#open(call, {}, watch), watch)
      } catch (error) {
        watch.end()
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
    return this.#call({ method: 'GET', path: '/api/v1/models' })
  }

  /** Lists the skills. */
  async skills(): Promise<readonly Skill[]> {
    const { data }: { data: readonly Skill[] } = await this.#call({ method: 'GET', path: '/api/v1/skills' })
    return data
  }

  /** Sums up what was used, by `day`, `model`, `token` or `metadata.<key>`; the last 30 days by default. */
  async usage(
    query: { readonly from?: string; readonly to?: string; readonly groupBy?: string } = {},
  ): Promise<readonly UsageRow[]> {
    const path = withQuery('/api/v1/usage', query)
    const { data }: { data: readonly UsageRow[] } = await this.#call({ method: 'GET', path })
    return data
  }

  /** Yields all conversations that the token can see, newest first, asking for one page at a time. */
  async *conversations(
    query: { readonly channel?: string; readonly pageSize?: number } = {},
  ): AsyncGenerator<Conversation, void, undefined> {
    const { channel, pageSize = 100 } = query
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const path = withQuery('/api/v1/conversations', { channel, limit: pageSize, cursor })
      const page: ConversationPage = await this.#call({ method: 'GET', path })
      yield* page.data
      cursor = page.hasMore ? page.nextCursor : null
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
      const page: MessagePage = await this.#call({ method: 'GET', path })
      yield* page.messages
      cursor = page.hasMore ? page.nextCursor : null
    }
  }

  /** Deletes a conversation and its messages. */
  async deleteConversation(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/api/v1/conversations/${segment(id)}` })
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
        return await watch.guard(replyOf<Reply>(response), this.baseUrl)
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

/** The patience of one call: its signal aborts with the caller's, or after so long a silence. */
class Watch {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  readonly #caller: AbortSignal | undefined
  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isLate = false

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#caller = caller
    if (caller?.aborted) this.#follow()
    else caller?.addEventListener('abort', this.#follow, { once: true })
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The gateway said something: its silence begins anew. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isLate = true
      this.#controller.abort()
    }, this.#timeoutMs)
  }

  /** Resolves as the work does; its failure becomes one of this client's errors, or the caller's own reason to stop. */
  async guard<T>(work: Promise<T>, baseUrl: string): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof OpenClawError) throw error
      if (this.#caller?.aborted) throw this.#caller.reason
      if (this.#isLate) throw new TimedOutError(`${baseUrl} said nothing within ${this.#timeoutMs / 1000} s.`)
      throw new ConnectionFailedError(`${baseUrl} cannot be reached or broke off: ${codeOf(error)}.`)
    }
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#follow)
  }

  /** Ends the connection. */
  abort(): void {
    this.end()
    this.#controller.abort()
  }
}

function eventsOf(response: Response, watch: Watch): EventStream {
  const events = readEvents(response, watch)
  return {
    requestId: response.headers.get('x-request-id') ?? undefined,
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => events.next(),
    async return() {
      watch.abort()
      await events.return()
      return { done: true, value: undefined }
    },
    async close() {
      watch.abort()
      await events.return()
    },
  }
}

async function* readEvents(response: Response, watch: Watch): AsyncGenerator<StreamEvent, void, undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) throw cutShort(response)
  const text = new TextDecoder()
  const decoder = new EventDecoder()
  try {
    for (;;) {
      const { done, value } = await watch.guard(reader.read(), response.url).catch((error: unknown) => {
        throw error instanceof ConnectionFailedError && !(error instanceof TimedOutError)
          ? cutShort(response)
          : error
      })
      if (done) throw cutShort(response)
      watch.heard()
      for (const data of decoder.feed(text.decode(value, { stream: true }))) {
        const event = parseEvent(data, response)
        yield event
        if (event.type === 'done') return
      }
    }
  } finally {
    watch.end()
    // Left early: the connection ends, and with it the model's work.
    await reader.cancel().catch(() => undefined)
  }
}

function parseEvent(data: string, response: Response): StreamEvent {
  let event: unknown
  try {
    event = JSON.parse(data)
  } catch {
    throw cutShort(response)
  }
  if (!isEvent(event)) throw cutShort(response)
  if (event.type === 'error') throw streamError(event, response)
  return event
}

type AnyEvent = StreamEvent | ({ readonly type: 'error' } & Parameters<typeof streamError>[0])

function isEvent(event: unknown): event is AnyEvent {
  return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
}

async function replyOf<Reply>(response: Response): Promise<Reply> {
  return response.json()
}

function chatBody(message: string, options: ChatOptions): object {
  const { signal: _, idempotencyKey: __, model = defaultModel, ...fields } = options
  return { message, ...(model === null ? {} : { model }), ...fields }
}

function checkBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('baseUrl must be an address such as http://localhost:18789')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('baseUrl must hold no user name or password; the token is the second argument')
  }
  return baseUrl.replace(/\/+$/, '')
}

function checkToken(token: string, allowSecretInBrowser: boolean): string {
  if (/[^\x21-\x7e]/.test(token)) {
    throw new TypeError('token holds a space, a line break or another character that no token has')
  }
  if (isBrowser() && token.startsWith('oc_tok_') && !allowSecretInBrowser) {
    throw new TypeError(
      'This is a secret token, and everybody who opens the page could read it. Have your server ask POST /api/v1/tokens/session for one of 15 minutes, or set allowSecretTokenInBrowser where only you open the page.',
    )
  }
  return token
}

function isBrowser(): boolean {
  return 'document' in globalThis && 'window' in globalThis
}

function waitBeforeRetryMs(error: unknown, attempt: number): number | undefined {
  const backoff = Math.min(backoffMsMax, backoffMs * 2 ** attempt) * (0.5 + Math.random() / 2)
  if (error instanceof ConnectionFailedError) return backoff
  if (!(error instanceof ApiError)) return undefined
  const { status, code, retryAfter } = error
  const isPassing = status === 408 || status === 429 || status >= 500 || code === 'idempotency_conflict'
  if (!isPassing || code === 'invalid_output') return undefined
  if (retryAfter === undefined) return backoff
  return retryAfter > retryAfterSecondsMax ? undefined : retryAfter * 1000
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const pairs = Object.entries(query)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

function segment(id: string): string {
  if (id === '') throw new TypeError('an id must not be empty')
  return encodeURIComponent(id)
}

// The code of the system, never the error's own text: that could repeat a header.
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'unknown'
}
