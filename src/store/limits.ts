import type { CountedRequests } from '../domain/limits/rate-limiter.ts'
import type { LimitStore } from '../domain/store.ts'
import { integer, text } from './row.ts'
import type { Reader, Row, Statement, Writer } from './statement.ts'

/** The statements that change what limits have counted. */
export const limitStatements = {
  forgetCounts: { sql: 'DELETE FROM limit_counts' },
  keepCounts: { sql: 'INSERT INTO limit_counts (subject, entries) VALUES (?, ?)' },
} as const satisfies Record<string, Statement>

// A start after a crash looks at no more records than this, which takes it a quarter of a second.
const recordsMax = 100_000

/** Returns the verbs about counted requests over one reader and one writer. */
export function limitStore(reader: Reader, writer: Writer): LimitStore {
  const kept = reader.prepare('SELECT subject, entries FROM limit_counts ORDER BY key')
  const recorded = reader.prepare(
    `SELECT actor_id, counted_at, COUNT(*) AS requests FROM audit_records
     WHERE sequence > (SELECT MAX(sequence) FROM audit_records) - ${recordsMax}
       AND counted_at > ? AND actor_id IS NOT NULL
     GROUP BY actor_id, counted_at ORDER BY counted_at`,
  )
  return {
    async save(counted) {
      const rows = counted.map(
        ({ key, entries }) => [limitStatements.keepCounts, key, JSON.stringify(entries)] as const,
      )
      await writer.write([[limitStatements.forgetCounts], ...rows])
    },
    async take() {
      const rows = kept.all()
      if (rows.length > 0) await writer.write([[limitStatements.forgetCounts]])
      return rows.map((row) => ({ key: text(row, 'subject'), entries: toEntries(row) }))
    },
    async ofRecords(since) {
      return bySubject(recorded.all(since))
    },
  }
}

function toEntries(row: Row): CountedRequests[number]['entries'] {
  const value: unknown = JSON.parse(text(row, 'entries'))
  if (!Array.isArray(value)) return []
  return value.flatMap((pair: unknown) => {
    const [time, count]: readonly unknown[] = Array.isArray(pair) ? pair : []
    return typeof time === 'number' && typeof count === 'number' ? [[time, count] as const] : []
  })
}

function bySubject(rows: readonly Row[]): CountedRequests {
  const all = new Map<number, number>()
  const own = new Map<string, (readonly [number, number])[]>()
  for (const row of rows) {
    const subject = text(row, 'actor_id')
    const time = integer(row, 'counted_at')
    const requests = integer(row, 'requests')
    all.set(time, (all.get(time) ?? 0) + requests)
    const entries = own.get(subject) ?? []
    entries.push([time, requests])
    own.set(subject, entries)
  }
  return [{ key: '', entries: [...all] }, ...[...own].map(([key, entries]) => ({ key, entries }))]
}
