import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { pause } from '../supervise.ts'
import type { Outbox } from '../webhooks/outbox.ts'
import { type Channel, ChannelFailure } from './channel.ts'
import type { ChannelStatus } from './channel-status.ts'
import type { ChannelStore, Chat, OutboundMessage, OutboundOutcome, OutboundRow } from './channel-store.ts'
import { ChatQueue, type Next } from './chat-queue.ts'
import { finishMessage } from './finish-message.ts'
import type { LoopGuard } from './loop-guard.ts'

/** What a worker sends with. */
export interface SendParts {
  readonly store: ChannelStore
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly outbox: Outbox
  readonly guard: LoopGuard
  /** From 0 to 1. */
  readonly random: () => number
}

const inFlightMax = 8
const attemptMs = 30_000
const backoffMsMin = 1_000
const backoffMsMax = 60_000
const loginMs = 60_000
const noteAgainMs = 1_000

/**
 * Posts what waits for the chats of one channel, part by part in the order of each chat, and notes each part durably before the next. A
 * part that could not be posted is tried again alone; one whose fate a crash has left unknown is posted again with the same nonce.
 */
export class SendWorker {
  readonly queue: ChatQueue
  readonly #parts: SendParts
  readonly #channel: Channel
  readonly #status: ChannelStatus
  readonly #cut = new AbortController()
  readonly #tries = new Map<string, number>()
  readonly #inFlight = new Map<string, AbortController>()
  readonly #waiters = new Map<string, PromiseWithResolvers<OutboundOutcome>>()
  /** What last kept a message that somebody waits for from being posted. */
  readonly #reasons = new Map<string, ChannelFailure>()

  constructor(parts: SendParts, channel: Channel, status: ChannelStatus) {
    this.#parts = parts
    this.#channel = channel
    this.#status = status
    this.queue = new ChatQueue({
      // While the platform is away one try at a time is enough to find out.
      inFlightMax: () => (status.state.status === 'connected' ? inFlightMax : 1),
      work: (chat) => this.#sendNext(chat),
      waiting: async (limit) => {
        const chatIds = await parts.store.outbox.waiting(channel.name, limit)
        return chatIds.map((chatId) => ({ channel: channel.name, chatId }))
      },
    })
  }

  /** The channel is connected again: what waited for that is tried at once. */
  reconnected(): void {
    this.#tries.clear()
    this.queue.wakeAll()
  }

  /**
   * Stores a message, posts it and resolves when it stands in its chat. Rejects with what kept it from that, at its `giveUpAt` at the
   * latest: a `ChannelFailure`, or the store's error.
   */
  async deliver(message: OutboundMessage): Promise<OutboundOutcome> {
    const { store, clock } = this.#parts
    const { id, channel, chatId } = message
    const done = Promise.withResolvers<OutboundOutcome>()
    // It may settle before anybody waits.
    done.promise.catch(() => undefined)
    this.#waiters.set(id, done)
    const deadline = new AbortController()
    try {
      await store.outbox.add(message)
      this.queue.wake({ channel, chatId })
      const late = pause(Math.max(0, message.giveUpAt - clock.now()), deadline.signal).then(
        () => 'late' as const,
      )
      const first = await Promise.race([done.promise, late])
      if (first !== 'late') return first
      this.#inFlight.get(id)?.abort()
      const failure = this.#reasons.get(id) ?? inVain()
      if (await store.outbox.fail(id, 'late', clock.now())) throw failure
      return await done.promise
    } finally {
      deadline.abort()
      this.#waiters.delete(id)
      this.#reasons.delete(id)
    }
  }

  /** Cuts what is being posted. Its fate is unknown; it is posted again by the next worker. */
  cut(): void {
    this.#cut.abort()
  }

  async #sendNext(chat: Chat): Promise<Next> {
    const { store, clock } = this.#parts
    const row = await store.outbox.next(chat)
    if (!row) return 'nothing'
    if (row.giveUpAt <= clock.now()) {
      return await this.#giveUp(row, this.#reasons.get(row.id) ?? inVain())
    }
    let externalId: string
    try {
      externalId = await this.#post(row)
    } catch (error) {
      if (this.#cut.signal.aborted) return 'nothing'
      return await this.#failed(row, asFailure(error))
    }
    this.#tries.delete(chat.chatId)
    await this.#note(row, { externalId })
    return 'more'
  }

  async #post({ id, channel, chatId, route, part }: OutboundRow): Promise<string> {
    const { guard, clock } = this.#parts
    const attempt = new AbortController()
    this.#inFlight.set(id, attempt)
    const signal = AbortSignal.any([attempt.signal, this.#cut.signal, AbortSignal.timeout(attemptMs)])
    const { text, plain, nonce, ordinal } = part
    guard.answered({ channel, chatId }, clock.now())
    try {
      return await untilAborted(
        this.#channel.send(
          { chatId, route, text, nonce, ordinal, ...(plain === undefined ? {} : { plain }) },
          signal,
        ),
        signal,
      )
    } finally {
      this.#inFlight.delete(id)
    }
  }

  async #failed(row: OutboundRow, failure: ChannelFailure): Promise<Next> {
    const { store, clock } = this.#parts
    switch (failure.kind) {
      case 'retry':
        return await this.#retryLater(row, failure)
      case 'login_refused':
        if (row.details.kind === 'send') return await this.#giveUp(row, failure)
        this.queue.hold(loginMs)
        return { afterMs: loginMs }
      case 'chat_moved':
        if (failure.movedTo === undefined) return await this.#giveUp(row, failure)
        await store.chats.move(row.channel, row.chatId, failure.movedTo)
        this.queue.wake({ channel: row.channel, chatId: failure.movedTo })
        return 'more'
      case 'chat_closed':
        await store.chats.close(row, failure.message, clock.now())
        return await this.#giveUp(row, failure)
      case 'chat_unknown':
        return await this.#giveUp(row, failure)
      case 'refused':
        // The rest of a reply is worth more than none of it.
        if (row.details.kind !== 'reply') return await this.#giveUp(row, failure)
        this.#parts.log('error', 'part of a reply refused', { channel: row.channel, part: row.part.ordinal })
        await this.#note(row, { refusal: failure.message.slice(0, 500) })
        return 'more'
    }
  }

  async #retryLater(row: OutboundRow, failure: ChannelFailure): Promise<Next> {
    const { clock, random, log } = this.#parts
    const { retryAfterMs, message } = failure
    if (this.#waiters.has(row.id)) this.#reasons.set(row.id, failure)
    const tries = (this.#tries.get(row.chatId) ?? 0) + 1
    this.#tries.set(row.chatId, tries)
    const backoffMs = Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(tries, 10)) * random()
    const waitMs = Math.ceil(Math.max(retryAfterMs ?? backoffMs, 50))
    log('warn', 'part not posted yet', { channel: row.channel, tries, waitMs, reason: message.slice(0, 200) })
    const isTooLate = clock.now() + waitMs >= row.giveUpAt
    if (isTooLate && row.details.kind === 'send') {
      return await this.#giveUp(row, new ChannelFailure('retry', message, { retryAfterMs: waitMs }))
    }
    // A platform that is away for one chat is away for all.
    if (retryAfterMs === undefined && this.#status.state.status !== 'connected') this.queue.hold(waitMs)
    return { afterMs: waitMs, isFirm: retryAfterMs !== undefined }
  }

  async #giveUp(row: OutboundRow, failure: ChannelFailure): Promise<Next> {
    const { store, clock, log } = this.#parts
    const isOurs = await store.outbox.fail(row.id, failure.kind, clock.now())
    this.#tries.delete(row.chatId)
    if (!isOurs) return 'more'
    const { channel, details } = row
    log(details.kind === 'send' ? 'warn' : 'error', 'message not posted', {
      channel,
      kind: details.kind,
      reason: failure.kind,
    })
    this.#waiters.get(row.id)?.reject(failure)
    return 'more'
  }

  // What stands in the chat must be noted, whatever the disk says: to forget it would be to post it again.
  async #note(
    row: OutboundRow,
    what: { readonly externalId: string } | { readonly refusal: string },
  ): Promise<void> {
    const { store, clock, log } = this.#parts
    while (true) {
      const last = { partKey: row.part.key, at: clock.now(), ...what }
      try {
        if (row.isLast) {
          const outcome = await finishMessage(this.#parts, row, last)
          this.#waiters.get(row.id)?.resolve(outcome)
        } else await store.outbox.settle(last)
        return
      } catch (error) {
        const code = error instanceof GatewayError ? error.code : 'unknown'
        if (code === 'conflict' || this.#cut.signal.aborted) {
          log('warn', 'posted part not noted', { channel: row.channel, error: code })
          this.#waiters.get(row.id)?.reject(error)
          return
        }
        log('error', 'posted part not noted yet', { channel: row.channel, error: code })
        await pause(noteAgainMs, this.#cut.signal)
      }
    }
  }
}

function inVain(): ChannelFailure {
  return new ChannelFailure('retry', 'The message could not be posted in time.')
}

function asFailure(error: unknown): ChannelFailure {
  if (error instanceof ChannelFailure) return error
  return new ChannelFailure('retry', 'The platform did not answer in time.', { cause: error })
}

// An adapter that does not heed its signal must not hold its chat.
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    if (signal.aborted) onAbort()
  })
}
