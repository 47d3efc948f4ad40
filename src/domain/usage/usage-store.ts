import type { AuditEntry } from '../audit/record.ts'
import type { OutgoingEvent } from '../webhooks/webhook-store.ts'
import type { Money } from './money.ts'

/** What one turn has used and cost, as it is kept. */
export interface UsageRecord {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The id of the token that pays, or null where a channel's message was answered. */
  readonly owner: string | null
  /** `api`, or the channel's name. */
  readonly channel: string
  readonly provider: string
  readonly model: string
  readonly status: 'complete' | 'aborted' | 'failed'
  /** 1 for a turn; 0 for what failed attempts at another model cost beside it. */
  readonly requests: 0 | 1
  /** Cached ones included. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  /** True where the provider told nothing and the gateway counted by length. */
  readonly isEstimated: boolean
  /** By the config's prices, or null where it has none. */
  readonly cost: Money | null
  /** By the built-in table, or null where the config has a price or nobody knows one. */
  readonly estimatedCost: Money | null
  readonly metadata?: Readonly<Record<string, string>>
}

/** What turns are summed up by: the UTC day, the model, the token that pays (or the channel), or a value of their metadata. */
export type UsageGrouping =
  | { readonly by: 'day' | 'model' | 'token' }
  | { readonly by: 'metadata'; readonly name: string }

/** The turns of a time, from `from` on and before `to`. */
export interface SumUsage {
  /** Only those that this token pays for. */
  readonly owner?: string
  readonly from: number
  readonly to: number
  readonly grouping: UsageGrouping
}

/** Turns of one group, summed up. */
export interface UsageGroup {
  /** Null for turns without that metadata. */
  readonly key: string | null
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: Money
  readonly estimatedCost: Money
  /** The most that one record of them costs, by either. */
  readonly largest: Money
}

/** One step of a sum. */
export interface UsageStep {
  readonly groups: readonly UsageGroup[]
  /** What happened from here on was not looked at; undefined where all was. */
  readonly next: number | undefined
}

/** What is kept of usage. */
export interface UsageStore {
  /** Keeps the records of a turn of which nothing else is kept, with what is told of it. */
  append(bill: {
    readonly records: readonly UsageRecord[]
    readonly events?: readonly OutgoingEvent[]
    readonly audit?: AuditEntry
  }): Promise<void>
  /** Sums up the first of what is asked for, in one step of some milliseconds. */
  sum(query: SumUsage): Promise<UsageStep>
  /** Removes at most 500 of the oldest records from before then, with their metadata. Resolves to how many. */
  prune(before: number): Promise<number>
}
