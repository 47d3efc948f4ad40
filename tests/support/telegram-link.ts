import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import type {
  ChannelLink,
  ChannelState,
  ChannelWebhook,
  InboundMessage,
} from '../../src/domain/channels/channel.ts'
import type { Clock } from '../../src/domain/clock.ts'

/** What an adapter has told of its link. */
export interface ToldStatus {
  readonly status: 'connected' | 'disconnected'
  readonly reason: string
  readonly remedy: string | undefined
  /** `performance.now()`. */
  readonly at: number
}

/** The gateway's end of a link, kept in memory: what a channel's own tests look at. States outlive a channel, as those of the store do. */
export class MemoryLink implements ChannelLink {
  readonly clock: Clock = { now: () => Date.now() + this.wallShiftMs, monotonic: () => performance.now() }
  /** How wrong the wall clock goes. */
  wallShiftMs = 0
  readonly received: InboundMessage[] = []
  readonly states = new Map<string, string>()
  readonly told: ToldStatus[] = []
  readonly moved: string[] = []
  readonly logged: string[] = []
  proofs = 0
  webhook: ChannelWebhook | undefined
  /** Called before each message is stored; may wait, and may fail. */
  beforeStore: (message: InboundMessage) => Promise<void> = () => Promise.resolve()

  log(level: string, message: string, fields?: object): void {
    this.logged.push(`${level} ${message} ${inspect(fields)}`)
  }

  async receive(message: InboundMessage, raw: string, state?: ChannelState): Promise<void> {
    JSON.parse(raw)
    await this.beforeStore(message)
    // A commit takes its time.
    await sleep(1)
    if (!this.received.some(({ updateId }) => updateId === message.updateId)) this.received.push(message)
    if (state) this.states.set(state.name, state.value)
  }

  recall(name: string): Promise<string | undefined> {
    return Promise.resolve(this.states.get(name))
  }

  remember(state: ChannelState): Promise<void> {
    this.states.set(state.name, state.value)
    return Promise.resolve()
  }

  knownChats(): Promise<readonly string[]> {
    return Promise.resolve([...new Set(this.received.map(({ chatId }) => chatId))])
  }

  moveChat(from: string, to: string): Promise<void> {
    this.moved.push(`${from} to ${to}`)
    return Promise.resolve()
  }

  connected(): void {
    this.proofs += 1
    this.#tell('connected', 'connected')
  }

  alive(): void {
    this.proofs += 1
  }

  disconnected(reason: string, remedy?: string): void {
    this.#tell('disconnected', reason, remedy)
  }

  onWebhook(handler: ChannelWebhook): void {
    this.webhook = handler
  }

  /** The status now. */
  get status(): ToldStatus | undefined {
    return this.told.at(-1)
  }

  /** Everything that could be shown to somebody. */
  get shown(): string {
    return inspect([this.told, this.logged, [...this.states]], { depth: 10 })
  }

  #tell(status: ToldStatus['status'], reason: string, remedy?: string): void {
    this.told.push({ status, reason, remedy, at: performance.now() })
  }
}
