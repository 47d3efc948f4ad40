import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderTurn } from '../models/provider.ts'
import { factsOf } from '../models/provider-failure.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { historyRoom } from './history.ts'
import { type SummaryJob, summarizeConversation } from './summary-job.ts'

/** A turn that has come to its end. */
export interface AnsweredTurn {
  readonly ctx: Context
  readonly conversationId: string
  readonly answering: ResolvedModel
  /** What that one was asked last. */
  readonly asked: ProviderTurn
  readonly metadata: Readonly<Record<string, string>> | undefined
}

const runningMax = 2
const waitingMax = 1_000

/**
 * Keeps the summaries of conversations in the background, after their turns were answered: one job a conversation, two at once. A job that
 * fails is logged, changes nothing, and is done at a later turn; so is one for which there is no place.
 */
export class SummaryQueue implements AsyncDisposable {
  readonly #closing = new AbortController()
  // By conversation: only the newest turn of each counts.
  readonly #waiting = new Map<string, SummaryJob>()
  readonly #running = new Map<string, Promise<void>>()

  /** A turn has been answered. Returns at once, and does nothing while `conversations.summarize` is off. */
  answered(turn: AnsweredTurn): void {
    if (!turn.ctx.parts.settings().conversations.summarize || this.#closing.signal.aborted) return
    const { conversationId } = turn
    if (!this.#waiting.has(conversationId) && this.#waiting.size >= waitingMax) return
    this.#waiting.set(conversationId, jobOf(turn))
    // What the caller is told goes out first.
    setImmediate(() => this.#advance())
  }

  /** Resolves when no job waits or runs. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0 || this.#running.size > 0) {
      await Promise.all(this.#running.values())
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Ends what runs; what waits is done after a later turn. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new GatewayError('shutting_down', 'The gateway is stopping.'))
    this.#waiting.clear()
    await this.idle()
  }

  #advance(): void {
    for (const [conversationId, job] of this.#waiting) {
      if (this.#running.size >= runningMax) return
      if (this.#running.has(conversationId)) continue
      this.#waiting.delete(conversationId)
      const done = this.#run(job).finally(() => {
        this.#running.delete(conversationId)
        this.#advance()
      })
      this.#running.set(conversationId, done)
    }
  }

  async #run(job: SummaryJob): Promise<void> {
    const { signal } = this.#closing
    try {
      await summarizeConversation(job, signal)
    } catch (error) {
      if (signal.aborted) return
      const { parts, requestId } = job.ctx
      const { provider, model } = job.answering
      const isLate = error instanceof Error && error.name === 'TimeoutError'
      const reason = isLate ? 'timeout' : factsOf(error).reason
      parts.log('warn', 'summary not made', { requestId, provider: provider.name, model: model.id, reason })
    }
  }
}

// What waits holds nothing of the call, whose images may be large.
function jobOf({ ctx, conversationId, answering, asked, metadata }: AnsweredTurn): SummaryJob {
  const { parts, actor, requestId, arrivedAt, signal } = ctx
  const room = historyRoom({
    model: answering.model,
    systemPrompt: asked.systemPrompt,
    message: asked.messages.findLast(({ role }) => role === 'user')?.content ?? '',
    hasTools: asked.tools !== undefined,
    maxTokens: asked.maxTokens,
  })
  return { ctx: { parts, actor, requestId, arrivedAt, signal }, conversationId, answering, room, metadata }
}
