import { type Money, nothing } from '../domain/usage/money.ts'
import type {
  SumUsage,
  UsageGroup,
  UsageGrouping,
  UsageRecord,
  UsageStep,
  UsageStore,
} from '../domain/usage/usage-store.ts'
import { appendOperation } from './audit-chain.ts'
import { integer, integerOrNull, textOrNull } from './row.ts'
import type { Operation, Query, Reader, Row, Statement, Writer } from './statement.ts'
import { eventOperations } from './webhook-events.ts'

/** The statements that keep usage. */
export const usageStatements = {
  insert: {
    sql: `INSERT INTO usage_records (at, owner, channel, provider, model, status, requests, input_tokens, output_tokens,
        cache_read_tokens, cache_write_tokens, usage_estimated, cost, estimated_cost)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  // Of the record before it in the same batch.
  insertMetadata: {
    sql: 'INSERT INTO usage_metadata (record_key, name, value) VALUES ((SELECT MAX(key) FROM usage_records), ?, ?)',
  },
  prune: {
    sql: 'DELETE FROM usage_records WHERE key IN (SELECT key FROM usage_records WHERE at < ? ORDER BY at LIMIT ?)',
  },
} as const satisfies Record<string, Statement>

// A step of this many records takes the event loop some milliseconds.
const stepRecords = 5_000
const pruned = 500
const dayMs = 86_400_000
// A sum is read in two whole numbers, since one could be larger than a number holds exactly.
const million = 1_000_000

/** Returns the verbs about usage over one reader and one writer. */
export function usageStore(reader: Reader, writer: Writer): UsageStore {
  const prepare = preparing(reader)
  return {
    async append({ records, events, audit }) {
      const recorded = audit ? [appendOperation(audit)] : []
      await writer.write([...usageOperations(records), ...eventOperations(events), ...recorded])
    },
    async sum(query) {
      return reader.snapshot(() => step(prepare, query))
    },
    prune: (before) => writer.write([[usageStatements.prune, before, pruned]]),
  }
}

/** Returns the operations that keep records. */
export function usageOperations(records: readonly UsageRecord[]): readonly Operation[] {
  const operations: Operation[] = []
  for (const record of records) {
    operations.push([
      usageStatements.insert,
      record.at,
      record.owner,
      record.channel,
      record.provider,
      record.model,
      record.status,
      record.requests,
      record.inputTokens,
      record.outputTokens,
      record.cacheReadTokens,
      record.cacheWriteTokens,
      record.isEstimated ? 1 : null,
      wholeNumber(record.cost),
      wholeNumber(record.estimatedCost),
    ])
    if (!record.metadata) continue
    for (const [name, value] of Object.entries(record.metadata)) {
      operations.push([usageStatements.insertMetadata, name, value])
    }
  }
  return operations
}

// As text, which the column makes a whole number of: it can be larger than a number holds exactly.
function wholeNumber(money: Money | null): string | null {
  return money === null ? null : String(money)
}

function step(prepare: (sql: string) => Query, { owner, from, to, grouping }: SumUsage): UsageStep {
  const own = owner === undefined ? '' : 'owner = ? AND '
  const whose = owner === undefined ? [] : [owner]
  const boundary = prepare(
    `SELECT at FROM usage_records WHERE ${own}at >= ? AND at < ? ORDER BY at LIMIT 1 OFFSET ?`,
  )
  const beyond = boundary.get(...whose, from, to, stepRecords)
  // All of one millisecond are in the same step, however many.
  const next = beyond && Math.max(integer(beyond, 'at'), from + 1)
  const { key, join, values } = groupingOf(grouping)
  const sums = prepare(
    `SELECT ${key} AS group_key, SUM(requests) AS requests, SUM(input_tokens) AS input_tokens,
       SUM(output_tokens) AS output_tokens, ${sumOf('cost')}, ${sumOf('estimated_cost')},
       ${largestOf('cost', 'estimated_cost')}
     FROM usage_records ${join} WHERE ${own}at >= ? AND at < ? GROUP BY ${key}`,
  )
  const rows = sums.all(...values, ...whose, from, next ?? to)
  return {
    groups: rows.map((row) => toGroup(row, grouping)),
    next: next !== undefined && next < to ? next : undefined,
  }
}

function sumOf(column: string): string {
  return `SUM(${column} / ${million}) AS ${column}_high, SUM(${column} % ${million}) AS ${column}_low`
}

function largestOf(...columns: readonly string[]): string {
  const largest = `MAX(COALESCE(${columns.join(', ')}, 0))`
  return `${largest} / ${million} AS largest_high, ${largest} % ${million} AS largest_low`
}

function groupingOf(grouping: UsageGrouping): {
  readonly key: string
  readonly join: string
  readonly values: readonly string[]
} {
  switch (grouping.by) {
    case 'day':
      return { key: `at / ${dayMs}`, join: '', values: [] }
    case 'model':
      return { key: 'model', join: '', values: [] }
    case 'token':
      return { key: 'COALESCE(owner, channel)', join: '', values: [] }
    case 'metadata':
      return {
        key: 'usage_metadata.value',
        join: 'LEFT JOIN usage_metadata ON record_key = usage_records.key AND name = ?',
        values: [grouping.name],
      }
  }
}

function toGroup(row: Row, { by }: UsageGrouping): UsageGroup {
  return {
    key: by === 'day' ? dayOf(integer(row, 'group_key')) : textOrNull(row, 'group_key'),
    requests: integer(row, 'requests'),
    inputTokens: integer(row, 'input_tokens'),
    outputTokens: integer(row, 'output_tokens'),
    cost: moneyIn(row, 'cost'),
    estimatedCost: moneyIn(row, 'estimated_cost'),
    largest: moneyIn(row, 'largest'),
  }
}

function dayOf(days: number): string {
  return new Date(days * dayMs).toISOString().slice(0, 10)
}

function moneyIn(row: Row, column: string): Money {
  const high = integerOrNull(row, `${column}_high`)
  const low = integerOrNull(row, `${column}_low`)
  return high === null || low === null ? nothing : BigInt(high) * BigInt(million) + BigInt(low)
}

// There are few texts, one for each grouping with and without an owner.
function preparing(reader: Reader): (sql: string) => Query {
  const prepared = new Map<string, Query>()
  return (sql) => {
    const query = prepared.get(sql) ?? reader.prepare(sql)
    prepared.set(sql, query)
    return query
  }
}
