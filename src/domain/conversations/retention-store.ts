import type { AuditEntry } from '../audit/record.ts'

/** A conversation that nobody has written in for long. */
export interface StaleConversation {
  readonly id: string
  readonly messageCount: number
}

/** How conversations go that are kept no longer. Each verb is one step of some milliseconds. */
export interface RetentionStore {
  /** Looks at the next thousand conversations after `afterKey`. `next` is where to go on; undefined where all were looked at. */
  stale(page: { readonly before: number; readonly afterKey: number }): Promise<{
    readonly conversations: readonly StaleConversation[]
    readonly next: number | undefined
  }>
  /** Removes at most 500 messages of a conversation whose last one is from before then. Resolves to how many. */
  trim(id: string, before: number): Promise<number>
  /** Removes conversations with the rest of their messages, but those whose last one is not from before then, and keeps the record of it. */
  remove(ids: readonly string[], before: number, audit: AuditEntry): Promise<void>
}
