import { auditAction } from '../audit/record.ts'
import type { Parts } from '../context.ts'
import { pause, type Supervised, supervise } from '../supervise.ts'
import { pruneUsage } from '../usage/prune-usage.ts'
import type { StaleConversation } from './retention-store.ts'

const dayMs = 86_400_000
const sweepMs = 3_600_000
const betweenStepsMs = 20
const removedAtOnce = 50
const messagesAtOnce = 500

type PrunerParts = Pick<Parts, 'store' | 'turns' | 'clock' | 'log' | 'settings'>

/**
 * Removes conversations whose last message is older than `conversations.retentionDays`, and the records of turns older than
 * `usage.retentionDays`, hourly, until it is disposed of.
 */
export class ConversationPruner implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #loop: Supervised

  constructor(parts: PrunerParts) {
    const { signal } = this.#stop
    this.#loop = supervise('retention', () => pruneHourly(parts, signal), signal, parts.log)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop.ended
  }
}

async function pruneHourly(parts: PrunerParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { usage, conversations } = parts.settings()
    const { retentionDays } = conversations
    if (retentionDays !== null) {
      const removed = await pruneConversations(parts, parts.clock.now() - retentionDays * dayMs, signal)
      if (removed > 0) parts.log('info', 'old conversations removed', { count: removed })
    }
    const before = parts.clock.now() - usage.retentionDays * dayMs
    const forgotten = await pruneUsage(parts.store.usage, before, signal)
    if (forgotten > 0) parts.log('info', 'old usage removed', { count: forgotten })
    await pause(sweepMs, signal)
  }
}

/**
 * Removes the conversations whose last message is from before `before`, but those in which a turn runs, in small steps with pauses, until
 * none is left or the signal aborts. Each step leaves an audit record of how many went. Resolves to how many did in all.
 */
export async function pruneConversations(
  parts: Pick<PrunerParts, 'store' | 'turns' | 'clock'>,
  before: number,
  signal: AbortSignal,
): Promise<number> {
  const { retention } = parts.store
  let removed = 0
  for (let afterKey: number | undefined = 0; afterKey !== undefined; ) {
    const step = await retention.stale({ before, afterKey })
    const idle = step.conversations.filter(({ id }) => !parts.turns.locks.isHeld(id))
    for (let i = 0; i < idle.length && !signal.aborted; i += removedAtOnce) {
      const some = idle.slice(i, i + removedAtOnce)
      await trimLarge(parts, some, before, signal)
      if (signal.aborted) break
      const at = parts.clock.now()
      const audit = auditAction('conversations.removed', { at, actor: retentionWorker, count: some.length })
      await retention.remove(
        some.map(({ id }) => id),
        before,
        audit,
      )
      removed += some.length
      await pause(betweenStepsMs, signal)
    }
    afterKey = signal.aborted ? undefined : step.next
    if (afterKey !== undefined) await pause(betweenStepsMs, signal)
  }
  return removed
}

// One statement that removes a hundred thousand messages would hold all other writes up.
async function trimLarge(
  { store }: Pick<PrunerParts, 'store'>,
  conversations: readonly StaleConversation[],
  before: number,
  signal: AbortSignal,
): Promise<void> {
  for (const { id, messageCount } of conversations) {
    let left = messageCount
    while (left > messagesAtOnce && !signal.aborted) {
      const trimmed = await store.retention.trim(id, before)
      if (trimmed === 0) break
      left -= trimmed
      await pause(betweenStepsMs, signal)
    }
  }
}

const retentionWorker = { type: 'worker', id: null, name: 'retention' } as const
