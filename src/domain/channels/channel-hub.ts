import type { Parts } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { pause, type Supervised, supervise } from '../supervise.ts'
import { channelNames } from './access.ts'
import { answerInbound, type RetryPlan } from './answer-inbound.ts'
import type { ChannelName } from './channel.ts'
import type { ChannelEdge } from './channel-status.ts'
import type { Chat } from './channel-store.ts'
import { ChatQueue, type Next } from './chat-queue.ts'
import { LoopGuard } from './loop-guard.ts'
import { pruneChannels } from './prune-channels.ts'
import { type ConfiguredChannel, RunningChannel, type RunningParts, stopMsMax } from './running-channel.ts'

/** What the hub is handed. */
export interface HubOptions {
  readonly fillRandom: (bytes: Uint8Array) => void
  /** When a message that could not be answered is tried again. */
  readonly plan?: RetryPlan
  /** Turns of channels that run at a time. */
  readonly turnsMax?: number
}

const turnsMax = 32
const plan: RetryPlan = { waitsMs: [10_000, 40_000] }
// What is left of a stop's grace for the rest: turns that are cut end within the first, each channel posts and leaves within the second.
const endMs = 1_000
const partingMs = endMs + stopMsMax
const begunMax = 10_000

/**
 * Runs the configured channels: what came in is answered, one turn a chat at a time and fairly over all chats, and what goes out is
 * posted. Without a configured channel nothing of it runs.
 */
export class ChannelHub {
  readonly #options: HubOptions
  readonly #running = new Map<ChannelName, RunningChannel>()
  readonly #guard = new LoopGuard()
  readonly #stop = new AbortController()
  readonly #cutTurns = new AbortController()
  readonly #answering: ChatQueue
  // When the first try began of each message that waits for another one.
  readonly #begun = new Map<number, number>()
  #parts: Parts | undefined
  #loops: readonly Supervised[] = []
  #syncing: Promise<void> = Promise.resolve()
  #telling: Promise<void> = Promise.resolve()

  constructor(options: HubOptions) {
    this.#options = options
    this.#answering = new ChatQueue({
      inFlightMax: () => options.turnsMax ?? turnsMax,
      work: (chat) => this.#answerNext(chat),
      waiting: (limit) => this.#waiting(limit),
    })
  }

  /** Begins with what is configured; to be called once. Resolves when the adapters are loaded and started, not connected. */
  async start(parts: Parts, configured: readonly ConfiguredChannel[]): Promise<void> {
    this.#parts = parts
    await this.sync(configured)
  }

  /** Takes the channels as they are configured now: changed ones start anew, removed ones stop, the others notice nothing. Never rejects. */
  sync(configured: readonly ConfiguredChannel[]): Promise<void> {
    this.#syncing = this.#syncing.then(() => this.#sync(configured))
    return this.#syncing
  }

  /** A channel that is configured and enabled. */
  find(name: string): RunningChannel | undefined {
    const known = channelNames.find((one) => one === name)
    return known && this.#running.get(known)
  }

  /** The names of all channels that are configured and enabled. */
  get names(): readonly ChannelName[] {
    return [...this.#running.keys()]
  }

  /** What is wrong with the loop that answers, undefined where nothing is. */
  sentence(): string | undefined {
    return this.#loops.map((loop) => loop.sentence()).find((sentence) => sentence !== undefined)
  }

  /**
   * Takes no more messages to answer, lets running turns end, posts what it can, and leaves the platforms, all within `graceMs`, or within
   * eleven seconds where that is less. A turn that is cut is run by the next start. Idempotent.
   */
  async close(graceMs: number): Promise<void> {
    this.#stop.abort()
    const answered = Promise.all(this.#loops.map(({ ended }) => ended))
    await inTime(answered, Math.max(0, graceMs - partingMs))
    this.#cutTurns.abort(new GatewayError('shutting_down', 'The gateway is stopping.'))
    await inTime(answered, endMs)
    await this.#syncing
    const running = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(running.map((channel) => channel.stop()))
    await this.#telling
  }

  async #sync(configured: readonly ConfiguredChannel[]): Promise<void> {
    const parts = this.#parts
    if (!parts || this.#stop.signal.aborted) return
    if (configured.length > 0) this.#beginLoops(parts)
    await Promise.all(
      [...this.#running].map(async ([name, channel]) => {
        const wanted = configured.find((one) => one.name === name)
        if (wanted?.mark === channel.configured.mark) return
        await channel.stop(
          wanted ? 'Its settings were changed: it is being started again.' : 'The channel was switched off.',
        )
        this.#running.delete(name)
      }),
    )
    // Told to stop meanwhile: what would be started now, nobody would stop.
    if (this.#stop.signal.aborted) return
    const added = configured.filter(({ name }) => !this.#running.has(name))
    await Promise.all(
      added.map(async (one) => {
        const channel = new RunningChannel(one, this.#runningParts(parts))
        this.#running.set(one.name, channel)
        await channel.start()
      }),
    )
    if (added.length > 0) await this.#answering.lookAgain().catch(() => undefined)
  }

  #beginLoops(parts: Parts): void {
    if (this.#loops.length > 0) return
    const { store, clock, log } = parts
    const { signal } = this.#stop
    this.#loops = [
      supervise('The answering of channels', (stop) => this.#answering.run(stop), signal, log),
      supervise(
        'The sweep of old channel messages',
        (stop) => pruneChannels(store, clock, stop),
        signal,
        log,
      ),
    ]
  }

  #runningParts(parts: Parts): RunningParts {
    const { store, clock, ids, log, outbox, random, settings } = parts
    const { fillRandom } = this.#options
    return {
      store: store.channels,
      clock,
      ids,
      log,
      outbox,
      random,
      fillRandom,
      guard: this.#guard,
      access: (name) => settings().channels.find((one) => one.name === name),
      onArrived: (chat) => this.#answering.wake(chat),
      onEdge: (name, edge) => this.#tell(parts, name, edge),
    }
  }

  async #waiting(limit: number): Promise<readonly Chat[]> {
    const inbox = this.#parts?.store.channels.inbox
    if (!inbox) return []
    const share = Math.ceil(limit / Math.max(1, this.names.length))
    const lists = await Promise.all(
      this.names.map(async (channel) =>
        (await inbox.waiting(channel, share)).map((chatId) => ({ channel, chatId })),
      ),
    )
    return lists.flat()
  }

  async #answerNext(chat: Chat): Promise<Next> {
    const parts = this.#parts
    const running = this.#running.get(chat.channel)
    const channel = running?.channel
    if (!parts || !running || !channel) return 'nothing'
    const row = await parts.store.channels.inbox.next(chat)
    if (!row) return 'nothing'
    const waitMs = row.dueAt - parts.clock.now()
    if (waitMs > 0) return { afterMs: waitMs }
    const since = this.#begun.get(row.key) ?? parts.clock.monotonic()
    this.#begun.delete(row.key)
    const answered = await answerInbound(parts, channel, row, {
      signal: this.#cutTurns.signal,
      plan: this.#options.plan ?? plan,
      since,
    })
    if (typeof answered === 'object' && this.#begun.size < begunMax) this.#begun.set(row.key, since)
    if (answered === 'stopped') return 'nothing'
    if (typeof answered === 'object') return answered
    this.#running.get(chat.channel)?.sender?.queue.wake({ ...chat, chatId: row.message.chatId })
    return 'more'
  }

  // Edges are written one after another, so that the events tell them in their order.
  #tell(parts: Parts, channel: ChannelName, { status, reason }: ChannelEdge): void {
    const { outbox, store, log } = parts
    log(status === 'connected' ? 'info' : 'warn', `channel ${status}`, {
      channel,
      reason: reason.slice(0, 300),
    })
    const events = outbox.prepare(`channel.${status}`, (timestamp) => ({ channel, reason, timestamp }))
    if (events.length === 0) return
    this.#telling = this.#telling
      .then(() => store.webhooks.outbox.append(events))
      .then(() => outbox.committed(events))
      .catch(() => log('error', 'channel event not stored', { channel }))
  }
}

async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  const late = new AbortController()
  await Promise.race([work, pause(ms, late.signal)])
  late.abort()
}
