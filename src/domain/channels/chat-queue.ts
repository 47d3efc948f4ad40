import type { Chat } from './channel-store.ts'

/** What is next in a chat: more at once, nothing, or something after a while; a firm one is not cut short by `wakeAll`. */
export type Next = 'more' | 'nothing' | { readonly afterMs: number; readonly isFirm?: boolean }

/** What a queue works with. */
export interface ChatQueueParts {
  /** Chats that are worked on at a time; asked anew before each. */
  readonly inFlightMax: () => number
  /** Does one piece of work in a chat. Never called for one chat twice at a time. Rejects where the store fails. */
  readonly work: (chat: Chat) => Promise<Next>
  /** At most `limit` chats in which something waits, the longest waiting first. */
  readonly waiting: (limit: number) => Promise<readonly Chat[]>
}

interface Later {
  readonly chat: Chat
  readonly timer: ReturnType<typeof setTimeout>
  readonly isFirm: boolean
}

const chatsMax = 10_000
const lookAgainMs = 1_000
// Begun in one go. Each begins with reads of the store, and whoever else waits for the process has its turn after so many.
const atOnceMax = 4

/**
 * Works through chats, one piece of work a chat at a time, and each chat after all others that wait: a chat with a thousand messages
 * holds up nobody. What is to be done stands in the store; here stand the ids of at most 10,000 chats.
 */
export class ChatQueue {
  readonly #parts: ChatQueueParts
  readonly #ready = new Map<string, Chat>()
  readonly #later = new Map<string, Later>()
  /** Chats that are worked on; true where something came meanwhile. */
  readonly #running = new Map<string, boolean>()
  #hold: ReturnType<typeof setTimeout> | undefined
  #isHeld = false
  #isYielding = false
  /** The store has chats that do not stand here. */
  #isCut = false
  #failure: { readonly error: unknown } | undefined
  #change = Promise.withResolvers<void>()

  constructor(parts: ChatQueueParts) {
    this.#parts = parts
  }

  /** True where nothing is worked on and nothing could be now. */
  get isIdle(): boolean {
    return this.#running.size === 0 && (this.#ready.size === 0 || this.#isHeld)
  }

  /** Says that something has come in a chat. One that waits for its time goes on waiting. */
  wake(chat: Chat): void {
    const key = keyOf(chat)
    if (this.#running.has(key)) this.#running.set(key, true)
    else if (!this.#ready.has(key) && !this.#later.has(key)) this.#add(key, chat)
    this.#changed()
  }

  /** Ends every wait but the firm ones: all other chats are tried at once. */
  wakeAll(): void {
    for (const [key, { chat, timer, isFirm }] of this.#later) {
      if (isFirm) continue
      clearTimeout(timer)
      this.#later.delete(key)
      this.#add(key, chat)
    }
    this.#release()
  }

  /** Begins no work for so long, or until `wakeAll`. */
  hold(ms: number): void {
    clearTimeout(this.#hold)
    this.#isHeld = true
    this.#hold = setTimeout(() => this.#release(), ms)
  }

  /** Looks into the store for what waits, beside what is known. */
  async lookAgain(): Promise<void> {
    const chats = await this.#parts.waiting(chatsMax)
    this.#isCut = chats.length >= chatsMax
    for (const chat of chats) this.wake(chat)
  }

  /** Works until the signal aborts; then it begins nothing more and resolves when what runs has ended. Rejects where the store fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#failure = undefined
    const onAbort = (): void => this.#changed()
    signal.addEventListener('abort', onAbort)
    let lookAgainAt: ReturnType<typeof setTimeout> | undefined
    try {
      await this.lookAgain()
      while (!signal.aborted) {
        const change = this.#change.promise
        this.#throwFailure()
        this.#startAll()
        if (this.#isCut && this.#ready.size === 0 && lookAgainAt === undefined) {
          lookAgainAt = setTimeout(() => {
            lookAgainAt = undefined
            this.lookAgain().catch((error: unknown) => this.#fail(error))
          }, lookAgainMs)
        }
        await change
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      clearTimeout(lookAgainAt)
      while (this.#running.size > 0) await this.#change.promise
      this.#clear()
    }
  }

  #startAll(): void {
    if (this.#isHeld || this.#isYielding) return
    let started = 0
    for (const [key, chat] of this.#ready) {
      if (this.#running.size >= this.#parts.inFlightMax()) return
      if (started++ === atOnceMax) {
        this.#yield()
        return
      }
      this.#ready.delete(key)
      this.#running.set(key, false)
      void this.#work(key, chat)
      if (this.#isHeld) return
    }
  }

  #yield(): void {
    this.#isYielding = true
    setImmediate(() => {
      this.#isYielding = false
      this.#changed()
    })
  }

  async #work(key: string, chat: Chat): Promise<void> {
    let next: Next = 'nothing'
    try {
      next = await this.#parts.work(chat)
    } catch (error) {
      this.#fail(error)
    }
    const isWoken = this.#running.get(key) === true
    this.#running.delete(key)
    if (next === 'more' || (next === 'nothing' && isWoken)) this.#add(key, chat)
    else if (next !== 'nothing') this.#addLater(key, chat, next)
    this.#changed()
  }

  #add(key: string, chat: Chat): void {
    if (this.#ready.size < chatsMax) this.#ready.set(key, chat)
    else this.#isCut = true
  }

  #addLater(
    key: string,
    chat: Chat,
    { afterMs, isFirm = false }: { readonly afterMs: number; readonly isFirm?: boolean },
  ): void {
    if (this.#later.size >= chatsMax) {
      this.#isCut = true
      return
    }
    const timer = setTimeout(() => {
      this.#later.delete(key)
      this.#add(key, chat)
      this.#changed()
    }, afterMs)
    this.#later.set(key, { chat, timer, isFirm })
  }

  #release(): void {
    clearTimeout(this.#hold)
    this.#isHeld = false
    this.#changed()
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#changed()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  #clear(): void {
    for (const { timer } of this.#later.values()) clearTimeout(timer)
    this.#later.clear()
    this.#ready.clear()
    this.#release()
  }
}

function keyOf({ channel, chatId }: Chat): string {
  return `${channel}\n${chatId}`
}
