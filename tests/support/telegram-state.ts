import type { Message } from 'grammy/types'
import { parseTelegramHtml, type TextEntity } from './telegram-html.ts'

/** What the fake answers to a call. */
export type BotApiAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false
      readonly error_code: number
      readonly description: string
      readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number }
    }

/** An update; its number is given where it has none. */
export interface UpdateDraft {
  readonly update_id?: number
  readonly message?: Message
  readonly edited_message?: Message
  readonly [kind: string]: unknown
}

/** An update that waits. */
export type WaitingUpdate = UpdateDraft & { readonly update_id: number }

/** A chat that the bot may write to, and what stands in its way. */
export interface FakeChat {
  readonly id: number
  readonly type: 'private' | 'group' | 'supergroup' | 'channel'
  readonly username?: string
  /** Topics of a forum, beside the general one. */
  readonly topics?: readonly number[]
  /** Answered with 403 and these words. */
  closed?: string
  movedTo?: number
}

/** A message of the bot that the fake has taken. */
export interface TakenMessage {
  readonly messageId: number
  readonly chatId: number
  /** As a person sees it, after the markup was parsed. */
  readonly text: string
  readonly entities: readonly TextEntity[]
  readonly topic: number | undefined
  readonly replyTo: number | undefined
  readonly hasPreview: boolean
}

type Params = Readonly<Record<string, unknown>>

const textUnitsMax = 4096

/** What a fake Telegram knows of one bot: its chats, the messages in them, and the updates that wait for it. */
export class TelegramState {
  readonly chats = new Map<number, FakeChat>()
  readonly taken: TakenMessage[] = []
  readonly updates: WaitingUpdate[] = []
  /** Kinds that are kept from now on; all where it is empty. It changes nothing for those that wait already. */
  allowed: readonly unknown[] = []
  readonly #known = new Set<string>()
  #updateId: number
  #messageId = 100

  constructor(firstUpdateId: number) {
    this.#updateId = firstUpdateId
  }

  /** Queues an update with the next number. */
  queue(update: UpdateDraft): number {
    const update_id = update.update_id ?? this.#updateId++
    const kind = Object.keys(update).find((key) => key !== 'update_id')
    if (this.allowed.length > 0 && !this.allowed.includes(kind)) return update_id
    const message = update.message ?? update.edited_message
    if (message) {
      this.#known.add(`${message.chat.id}/${message.message_id}`)
      const { id, type } = message.chat
      if (!this.chats.has(id)) this.chats.set(id, { id, type })
    }
    this.updates.push({ ...update, update_id })
    return update_id
  }

  /** The next id of a message, unique over all chats. */
  nextMessageId(): number {
    return this.#messageId++
  }

  /** What waits from a number on; everything before it is forgotten, as Telegram does. */
  take(offset: number | undefined, limit: number): readonly WaitingUpdate[] {
    if (offset !== undefined && offset > 0) {
      const waiting = this.updates.filter(({ update_id }) => !(update_id < offset))
      this.updates.splice(0, this.updates.length, ...waiting)
    }
    return this.updates.slice(0, limit)
  }

  sendMessage(params: Params): BotApiAnswer {
    const found = this.#chatOf(params.chat_id)
    if ('ok' in found) return found
    const raw = params.text
    if (typeof raw !== 'string' || raw === '') return refused(400, 'Bad Request: message text is empty')
    if (params.parse_mode !== undefined && params.parse_mode !== 'HTML') {
      return refused(400, 'Bad Request: unsupported parse_mode')
    }
    const parsed = params.parse_mode === 'HTML' ? parseTelegramHtml(raw) : { text: raw, entities: [] }
    if ('refusal' in parsed) return refused(400, `Bad Request: can't parse entities: ${parsed.refusal}`)
    const text = parsed.text.trim()
    if (text === '') return refused(400, 'Bad Request: message text is empty')
    if (text.length > textUnitsMax) return refused(400, 'Bad Request: message is too long')
    const topic = threadOf(params)
    if (topic !== undefined && !found.topics?.includes(topic)) {
      return refused(400, 'Bad Request: message thread not found')
    }
    const replyTo = this.#repliedTo(params, found)
    if (typeof replyTo === 'object') return replyTo
    const messageId = this.nextMessageId()
    this.#known.add(`${found.id}/${messageId}`)
    const preview = isParams(params.link_preview_options) ? params.link_preview_options : {}
    this.taken.push({
      messageId,
      chatId: found.id,
      text,
      entities: parsed.entities,
      topic,
      replyTo,
      hasPreview: preview.is_disabled !== true,
    })
    return { ok: true, result: { message_id: messageId, date: 1_790_000_000, chat: { id: found.id }, text } }
  }

  sendChatAction(params: Params): BotApiAnswer {
    const found = this.#chatOf(params.chat_id)
    if ('ok' in found) return found
    if (params.action !== 'typing') return refused(400, 'Bad Request: wrong parameter action in request')
    const topic = threadOf(params)
    if (topic !== undefined && topic !== 1 && !found.topics?.includes(topic)) {
      return refused(400, 'Bad Request: message thread not found')
    }
    return { ok: true, result: true }
  }

  #chatOf(id: unknown): FakeChat | BotApiAnswer {
    if (id === undefined || id === '') return refused(400, 'Bad Request: chat_id is empty')
    const chat =
      typeof id === 'string' && id.startsWith('@')
        ? [...this.chats.values()].find(({ username }) => `@${username}` === id)
        : this.chats.get(Number(id))
    if (!chat) return refused(400, 'Bad Request: chat not found')
    if (chat.closed !== undefined) return refused(403, `Forbidden: ${chat.closed}`)
    if (chat.movedTo !== undefined) {
      return {
        ok: false,
        error_code: 400,
        description: 'Bad Request: group chat was upgraded to a supergroup chat',
        parameters: { migrate_to_chat_id: chat.movedTo },
      }
    }
    return chat
  }

  #repliedTo(params: Params, chat: FakeChat): number | undefined | BotApiAnswer {
    const reply = params.reply_parameters
    if (!isParams(reply)) return undefined
    const id = Number(reply.message_id)
    if (this.#known.has(`${chat.id}/${id}`)) return id
    return reply.allow_sending_without_reply === true
      ? undefined
      : refused(400, 'Bad Request: message to be replied not found')
  }
}

/** Makes a refusal of the Bot API. */
export function refused(error_code: number, description: string): Extract<BotApiAnswer, { ok: false }> {
  return { ok: false, error_code, description }
}

/** Tells whether a value is a JSON object. */
export function isParams(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A message as far as a test cares for it; the rest is filled in. */
export type MessageDraft = Partial<Omit<Message, 'chat' | 'from'>> & {
  readonly chat?: Partial<Message['chat']> & { readonly id: number }
  readonly from?: Partial<NonNullable<Message['from']>> & { readonly id: number }
}

function threadOf({ message_thread_id: thread }: Params): number | undefined {
  return thread === undefined ? undefined : Number(thread)
}
