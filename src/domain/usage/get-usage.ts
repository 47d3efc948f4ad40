import { type Actor, visibleTo } from '../actor.ts'
import { GatewayError } from '../errors.ts'
import { nothing, numberOf } from './money.ts'
import { payerOf } from './payer.ts'
import type { UsageQuery } from './usage-query.ts'
import type { UsageGroup, UsageStore } from './usage-store.ts'

/** What turns of one group have used. */
export interface UsageRow {
  /** The day, the model, the token's id (or the channel), or the value; null for turns without that metadata. */
  readonly key: string | null
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** By the config's prices. */
  readonly cost: number
  /** By the built-in price table, of turns whose price is not in the config. */
  readonly estimatedCost: number
}

const groupsMax = 10_000

/**
 * Sums up what turns have used: days oldest first, other groups by what they cost. Without `admin` a token sees what it pays for itself.
 * Works in steps of some milliseconds, with other work between. Throws `invalid_request` for more than 10,000 groups, and the signal's
 * reason.
 */
export async function getUsage(
  store: UsageStore,
  actor: Actor,
  { from, to, grouping }: UsageQuery,
  signal: AbortSignal,
): Promise<readonly UsageRow[]> {
  const owner = visibleTo(actor).all ? undefined : payerOf(actor)?.id
  const groups = new Map<string | null, UsageGroup>()
  for (let start: number | undefined = from; start !== undefined; ) {
    const step = await store.sum({ from: start, to, grouping, ...(owner === undefined ? {} : { owner }) })
    for (const group of step.groups) groups.set(group.key, added(groups.get(group.key), group))
    if (groups.size > groupsMax) throw tooMany()
    start = step.next
    if (start !== undefined) await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
  const order = grouping.by === 'day' ? byKey : byCost
  return [...groups.values()].sort(order).map(rowOf)
}

function added(before: UsageGroup | undefined, group: UsageGroup): UsageGroup {
  if (!before) return group
  return {
    key: group.key,
    requests: before.requests + group.requests,
    inputTokens: before.inputTokens + group.inputTokens,
    outputTokens: before.outputTokens + group.outputTokens,
    cost: before.cost + group.cost,
    estimatedCost: before.estimatedCost + group.estimatedCost,
    largest: nothing,
  }
}

function rowOf({ largest: _, cost, estimatedCost, ...group }: UsageGroup): UsageRow {
  return { ...group, cost: numberOf(cost), estimatedCost: numberOf(estimatedCost) }
}

function byKey(a: UsageGroup, b: UsageGroup): number {
  return String(a.key) < String(b.key) ? -1 : 1
}

function byCost(a: UsageGroup, b: UsageGroup): number {
  const more = b.cost + b.estimatedCost - (a.cost + a.estimatedCost)
  if (more !== nothing) return more > nothing ? 1 : -1
  return b.requests - a.requests || byKey(a, b)
}

function tooMany(): GatewayError {
  return new GatewayError(
    'invalid_request',
    `There are more than ${groupsMax} groups. Ask for a shorter time, or group by something with fewer values.`,
    { details: { field: 'groupBy' } },
  )
}
