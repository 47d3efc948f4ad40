import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { pause, type Supervised, supervise } from '../supervise.ts'
import type { ChannelAccess } from './access.ts'
import type { Channel, ChannelLink, ChannelName, ChannelWebhook } from './channel.ts'
import { type ChannelEdge, type ChannelHealth, ChannelStatus } from './channel-status.ts'
import { platformName } from './inbound-prompt.ts'
import { type ReceiveParts, receiveMessage } from './receive-message.ts'
import { type SendParts, SendWorker } from './send-worker.ts'

/** A channel as the configuration wants it. */
export interface ConfiguredChannel {
  readonly name: ChannelName
  /** Another text where the channel must be started anew. */
  readonly mark: string
  /** What must never be shown. */
  readonly secrets: readonly string[]
  /** Makes the channel; or why it cannot be made. */
  readonly create: (() => Promise<Channel>) | { readonly reason: string; readonly remedy: string }
}

/** What a running channel works with. */
export interface RunningParts extends SendParts, Omit<ReceiveParts, 'access' | 'oneByOne'> {
  readonly access: (name: ChannelName) => ChannelAccess | undefined
  /** A message of a chat is to be answered. */
  readonly onArrived: (chat: { readonly channel: ChannelName; readonly chatId: string }) => void
  readonly onEdge: (name: ChannelName, edge: ChannelEdge) => void
}

const drainMs = 3_000
const cutMs = 1_000
const cutSlackMs = 1_000
// An adapter has five.
const leaveMs = 5_000

/** A running channel's `stop` takes no longer, whatever its platform does. */
export const stopMsMax: number = drainMs + cutMs + cutSlackMs + leaveMs

/** One channel from its start to its stop: its adapter, its status and the worker that posts. */
export class RunningChannel {
  readonly configured: ConfiguredChannel
  readonly #parts: RunningParts
  readonly #status: ChannelStatus
  readonly #stop = new AbortController()
  #channel: Channel | undefined
  #sender: SendWorker | undefined
  #sending: Supervised | undefined
  #webhook: ChannelWebhook | undefined
  #access: ChannelAccess | undefined
  // Strangers are let ask one after another, so that two messages of one do not make two codes.
  #strangers: Promise<void> = Promise.resolve()

  constructor(configured: ConfiguredChannel, parts: RunningParts) {
    this.configured = configured
    this.#parts = parts
    this.#access = parts.access(configured.name)
    this.#status = new ChannelStatus(platformName(configured.name), parts.clock, (edge) => {
      parts.onEdge(configured.name, edge)
      if (edge.status === 'connected') this.#sender?.reconnected()
    })
  }

  /** The adapter, once it is loaded. */
  get channel(): Channel | undefined {
    return this.#channel
  }

  /** Undefined until the adapter is loaded. */
  get sender(): SendWorker | undefined {
    return this.#sender
  }

  /** What takes the platform's posts. */
  get webhook(): ChannelWebhook | undefined {
    return this.#webhook
  }

  /** How it is, and what is wrong with its worker. */
  get health(): ChannelHealth & { readonly sentence: string | undefined } {
    return { ...this.#status.state, sentence: this.#sending?.sentence() }
  }

  /** Loads the adapter and starts it. Never rejects: what keeps it from starting is the channel's status. */
  async start(): Promise<void> {
    const { create, name } = this.configured
    if (typeof create === 'object') {
      this.#status.disconnected(create.reason, create.remedy)
      return
    }
    try {
      const channel = await create()
      if (this.#stop.signal.aborted) return
      const sender = new SendWorker(this.#parts, channel, this.#status)
      this.#channel = channel
      this.#sender = sender
      this.#sending = supervise(
        `The sending to ${platformName(name)}`,
        (signal) => sender.queue.run(signal),
        this.#stop.signal,
        this.#parts.log,
      )
      channel.start(this.#link())
    } catch (error) {
      const what = error instanceof GatewayError ? error.message : 'The channel could not be started.'
      this.#parts.log('error', 'channel not started', {
        channel: name,
        error: error instanceof Error ? this.#masked(error.message).slice(0, 500) : 'unknown',
      })
      this.#status.disconnected(this.#masked(what), 'Look into the log, and report it.')
    }
  }

  /** Posts what it can within some seconds, leaves the platform, and resolves, after ten seconds at the latest. Idempotent. */
  async stop(reason?: string): Promise<void> {
    const sender = this.#sender
    if (sender && this.#status.state.status === 'connected') await until(() => sender.queue.isIdle, drainMs)
    this.#stop.abort()
    const cutting = setTimeout(() => sender?.cut(), cutMs)
    await inTime(this.#sending?.ended, cutMs + cutSlackMs)
    clearTimeout(cutting)
    sender?.cut()
    this.#webhook = undefined
    await inTime(
      this.#channel?.stop().catch(() => {
        this.#parts.log('warn', 'channel did not stop cleanly', { channel: this.configured.name })
      }),
      leaveMs,
    )
    const isUp = this.#status.state.status === 'connected'
    if (reason !== undefined && isUp) this.#status.disconnected(reason)
    this.#status[Symbol.dispose]()
  }

  #link(): ChannelLink {
    const { store, clock, onArrived } = this.#parts
    const { name } = this.configured
    const parts = {
      ...this.#parts,
      access: () => this.#currentAccess(),
      oneByOne: this.#oneByOne.bind(this),
    }
    const log: Log = (level, message, fields) => this.#parts.log(level, message, { channel: name, ...fields })
    // An adapter that was told to stop has no say any more.
    const live = (act: () => void): void => {
      if (!this.#stop.signal.aborted) act()
    }
    return {
      clock,
      log,
      receive: async (message, raw, state) => {
        const arrived = { channel: name, message, raw, state }
        const received = await receiveMessage(parts, arrived)
        const chat = { channel: name, chatId: message.chatId }
        if (received === 'answer') onArrived(chat)
        if (received === 'notice') this.#sender?.queue.wake(chat)
        live(() => this.#status.alive())
      },
      recall: (key) => store.chats.recall(name, key),
      remember: (state) => store.chats.remember(name, state),
      knownChats: () => store.chats.known(name),
      moveChat: async (from, to) => {
        await store.chats.move(name, from, to)
        onArrived({ channel: name, chatId: to })
        this.#sender?.queue.wake({ channel: name, chatId: to })
      },
      connected: (silenceMsMax) => live(() => this.#status.connected(silenceMsMax)),
      alive: () => live(() => this.#status.alive()),
      disconnected: (reason, remedy) =>
        live(() =>
          this.#status.disconnected(
            this.#masked(reason),
            remedy === undefined ? undefined : this.#masked(remedy),
          ),
        ),
      onWebhook: (handler) =>
        live(() => {
          this.#webhook = handler
        }),
    }
  }

  // Switched off and not yet gone, it still acknowledges messages: those are kept, and answered when it is back.
  #currentAccess(): ChannelAccess | undefined {
    this.#access = this.#parts.access(this.configured.name) ?? this.#access
    return this.#access
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#strangers.then(work)
    this.#strangers = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  #masked(text: string): string {
    return this.configured.secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  }
}

async function until(isSo: () => boolean, ms: number): Promise<void> {
  const never = new AbortController().signal
  for (let left = ms; left > 0 && !isSo(); left -= 20) await pause(20, never)
}

async function inTime(work: Promise<void> | undefined, ms: number): Promise<void> {
  const late = new AbortController()
  await Promise.race([work, pause(ms, late.signal)])
  late.abort()
}
