import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

/** The chat platforms that the gateway speaks to. */
export type ChannelName = 'telegram' | 'discord' | 'slack'

/** Where an answer goes inside a chat, in the platform's own words: a thread, a topic, the message that is replied to. */
export type ChatRoute = Readonly<Record<string, string>>

/** Text that somebody else wrote and the sender points at. It is data from outside: the model is shown it fenced. */
export interface QuotedText {
  readonly kind: 'quote' | 'forward'
  /** Who wrote it, as the platform shows it. */
  readonly from: string
  readonly text: string
}

/** One message of a person, as an adapter has understood it. JSON-safe: it is stored before it is acknowledged. */
export interface InboundMessage {
  /** The platform's id by which a second copy is known, unique in its channel. */
  readonly updateId: string
  /** The platform's id of the chat. One conversation belongs to it. */
  readonly chatId: string
  readonly route: ChatRoute
  readonly from: {
    readonly id: string
    readonly name: string
    /** Bots, and the gateway's own account, are never answered. */
    readonly isBot: boolean
  }
  readonly kind: 'direct' | 'group'
  /** What the config's lists of rooms name: a Telegram group, a Discord server, a Slack channel. Null in a direct chat. */
  readonly roomId: string | null
  /** The bot was mentioned or replied to. True in a direct chat. */
  readonly isAddressed: boolean
  /** The person's own words without the mention; attachments as text in brackets, such as `[photo]`. */
  readonly text: string
  readonly quoted: readonly QuotedText[]
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number
}

/** One message, rendered in the platform's dialect, that fits its limit. */
export interface RenderedPart {
  readonly text: string
  /** The same without markup, for a platform that refuses the markup; absent where the dialect cannot be refused. */
  readonly plain?: string
}

/** One part on its way to a chat. */
export interface OutgoingPart extends RenderedPart {
  readonly chatId: string
  readonly route: ChatRoute
  /** Stays the same through retries and restarts, at most 25 characters, so that a platform that knows nonces posts it once. */
  readonly nonce: string
  /** 0 for the first part of a message. */
  readonly ordinal: number
}

/**
 * A chat platform. `start` connects and keeps connected, by itself, until `stop`: the platform's trouble goes to the link, never out of
 * it. Nothing of it is loaded where its channel is not configured.
 */
export interface Channel {
  readonly name: ChannelName
  start(link: ChannelLink): void
  /** Turns Markdown into parts that fit the platform's limit, at least one. Text without a visible character gives one of a dash. */
  render(markdown: string): readonly RenderedPart[]
  /** Posts one part and resolves to the platform's id of it. Rejects with `ChannelFailure`, or the signal's reason. */
  send(part: OutgoingPart, signal: AbortSignal): Promise<string>
  /** Shows that the bot writes. Rejects as `send` does; nobody waits for it. */
  typing(chat: { readonly chatId: string; readonly route: ChatRoute }, signal: AbortSignal): Promise<void>
  /** Leaves the platform so that a next start can go on where this one ended. Idempotent, within 5 seconds. */
  stop(): Promise<void>
}

/** What a channel is given by the core. */
export interface ChannelLink {
  readonly clock: Clock
  readonly log: Log
  /**
   * Stores a message, and what the adapter wants remembered with it, in one commit; resolves when it is durable, also for a copy of one
   * that is stored already. Only then may the adapter acknowledge it to the platform. `raw` is the platform's own payload as JSON.
   */
  receive(message: InboundMessage, raw: string, state?: ChannelState): Promise<void>
  /** What was remembered under a name, by `receive` or `remember`, also by an earlier process. */
  recall(name: string): Promise<string | undefined>
  /** Remembers something durably, for example the offset of a poll or a session's id. */
  remember(state: ChannelState): Promise<void>
  /** The ids of all chats that the channel has a conversation with. */
  knownChats(): Promise<readonly string[]>
  /** The platform gave a chat another id: its conversation goes with it. */
  moveChat(from: string, to: string): Promise<void>
  /** The platform lets us in: from now on proofs of life are expected within `silenceMsMax` of one another. */
  connected(silenceMsMax: number): void
  /** The platform was just heard: an acknowledged heartbeat, an answered poll, a message. */
  alive(): void
  /** The link is gone or cannot be made. `reason` in words, without a token; `remedy` is what a person must do, where one must. */
  disconnected(reason: string, remedy?: string): void
  /** Has the gateway's HTTP server hand over what the platform posts to it, until the link ends. At most one. */
  onWebhook(handler: ChannelWebhook): void
}

/** Something an adapter wants kept across restarts. */
export interface ChannelState {
  readonly name: string
  readonly value: string
}

/** Takes one POST of the platform; resolves to the status to answer with, once what it holds is durable. */
export type ChannelWebhook = (request: {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: unknown
}) => Promise<number>

/** What can be done about a part that was not posted. */
export type ChannelFailureKind =
  /** Try the same part again, after `retryAfterMs` where the platform says so. */
  | 'retry'
  /** The platform does not know the chat. */
  | 'chat_unknown'
  /** The chat does not want us: blocked, left, archived. */
  | 'chat_closed'
  /** The platform moved the chat to `movedTo`. */
  | 'chat_moved'
  /** Our own login is refused. */
  | 'login_refused'
  /** The platform refuses this part for good. */
  | 'refused'

/** Why a part was not posted. `message` holds the platform's words and no token. */
export class ChannelFailure extends Error {
  readonly kind: ChannelFailureKind
  readonly retryAfterMs: number | undefined
  readonly movedTo: string | undefined

  constructor(
    kind: ChannelFailureKind,
    message: string,
    options: { readonly retryAfterMs?: number; readonly movedTo?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ChannelFailure'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
    this.movedTo = options.movedTo
  }
}
