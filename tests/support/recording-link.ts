import type { ChannelLink, ChannelState, InboundMessage } from '../../src/domain/channels/channel.ts'
import type { LogFields } from '../../src/domain/log.ts'
import { eventually } from './eventually.ts'

/** A message as a link was given it. */
export interface Received {
  readonly message: InboundMessage
  readonly raw: string
  readonly state: ChannelState | undefined
}

/** What a link was told of the platform, in order. */
export type LinkEvent =
  | { readonly kind: 'connected'; readonly silenceMsMax: number }
  | { readonly kind: 'disconnected'; readonly reason: string; readonly remedy: string | undefined }

/**
 * A core for one adapter, without one: what is durable stands in `stored` and `states`, which outlive the adapter as a database would. A
 * second copy of a message is known by its id.
 */
export class RecordingLink implements ChannelLink {
  readonly clock = { now: () => Date.now(), monotonic: () => performance.now() }
  readonly stored: Received[] = []
  /** Every message that was handed over, copies too. */
  readonly handed: Received[] = []
  readonly states = new Map<string, string>()
  readonly chats: string[] = []
  readonly events: LinkEvent[] = []
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[] = []
  aliveCount = 0
  // Events before this one were waited for: a link may be gone and back between two looks.
  #told = 0
  /** Comes before each commit of a message; a rejection is a store that fails. */
  beforeReceive: ((message: InboundMessage) => Promise<void>) | undefined

  log = (_level: string, message: string, fields?: LogFields): void =>
    void this.lines.push({ message, fields })

  async receive(message: InboundMessage, raw: string, state?: ChannelState): Promise<void> {
    const received = { message, raw, state }
    this.handed.push(received)
    await this.beforeReceive?.(message)
    if (!this.stored.some((one) => one.message.updateId === message.updateId)) this.stored.push(received)
    if (state) this.states.set(state.name, state.value)
  }

  recall = (name: string): Promise<string | undefined> => Promise.resolve(this.states.get(name))

  remember(state: ChannelState): Promise<void> {
    this.states.set(state.name, state.value)
    return Promise.resolve()
  }

  knownChats = (): Promise<readonly string[]> => Promise.resolve(this.chats)

  moveChat = (): Promise<void> => Promise.resolve()

  connected(silenceMsMax: number): void {
    this.events.push({ kind: 'connected', silenceMsMax })
  }

  alive(): void {
    this.aliveCount++
  }

  disconnected(reason: string, remedy?: string): void {
    this.events.push({ kind: 'disconnected', reason, remedy })
  }

  onWebhook(): void {
    throw new Error('the adapter takes no webhook')
  }

  /** The texts of people that are durable, in order. */
  get texts(): readonly string[] {
    return this.stored.filter(({ message }) => !message.from.isBot).map(({ message }) => message.text)
  }

  get isConnected(): boolean {
    return this.events.at(-1)?.kind === 'connected'
  }

  /** Resolves when the channel is connected, in a second or `limitMs`. */
  async untilConnected(limitMs?: number): Promise<void> {
    await eventually('the channel to be connected', () => this.isConnected || undefined, limitMs)
    this.#told = this.events.length
  }

  /** Resolves when the channel is not connected, to why. */
  untilDisconnected(limitMs?: number): Promise<Extract<LinkEvent, { kind: 'disconnected' }>> {
    return eventually(
      'the channel to be disconnected',
      () => {
        const since = this.events.slice(this.#told).filter((event) => event.kind === 'disconnected')
        const last = since.at(-1) ?? this.events.at(-1)
        if (last?.kind !== 'disconnected') return undefined
        this.#told = this.events.lastIndexOf(last) + 1
        return last
      },
      limitMs,
    )
  }

  /** Resolves when so many messages of people are durable, to their texts. */
  untilTexts(count: number, limitMs?: number): Promise<readonly string[]> {
    return eventually(
      `${count} messages, of which there are ${this.texts.length}`,
      () => (this.texts.length >= count ? this.texts : undefined),
      limitMs,
    )
  }
}
