import type { HistoryMessage } from '../store.ts'
import type { UsageRecord } from '../usage/usage-store.ts'
import type { OutgoingEvent } from '../webhooks/webhook-store.ts'

/** What a model has made of the oldest messages of a conversation. */
export interface ConversationSummary {
  /** The key of the last message that it covers. */
  readonly coversKey: number
  readonly content: string
  /** Drawn after `content` was written: nobody who is quoted there can know it. */
  readonly mark: string
}

/** What is kept of summaries. They go with their conversation. */
export interface SummaryStore {
  find(conversationId: string): Promise<ConversationSummary | undefined>
  /** At most `limit` messages that later turns may see, between two keys (exclusive), oldest first. */
  messages(
    conversationId: string,
    page: { readonly afterKey: number; readonly beforeKey: number; readonly limit: number },
  ): Promise<readonly HistoryMessage[]>
  /**
   * Puts a summary in the place of one that covers less, together with what it has cost. Resolves to false where there is no such
   * conversation any more, or one that covers as much; the cost is kept all the same.
   */
  save(made: {
    readonly conversationId: string
    readonly summary: ConversationSummary
    readonly model: string
    readonly at: number
    readonly billed: readonly UsageRecord[]
    readonly events: readonly OutgoingEvent[]
  }): Promise<boolean>
}
