import { genesisHash } from '../domain/audit/chain.ts'
import type { AuditLink } from '../domain/audit/record.ts'
import type { Seal } from '../domain/audit/seal.ts'
import type { AuditStore, ChainState, NewestAudit } from '../domain/store.ts'
import { appendOperation, auditColumns } from './audit-chain.ts'
import { integer } from './row.ts'
import type { Operation, Query, Reader, Row, SqlValue, Statement, Writer } from './statement.ts'

/** The statements that change the audit beside {@link appendAudit}. */
export const auditStatements = {
  addCheckpoint: {
    sql: `INSERT INTO audit_checkpoints (sequence, hash, at, key_id, signature) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (sequence) DO NOTHING`,
  },
  putAnchor: {
    sql: `INSERT INTO audit_anchor (key, sequence, hash, at, key_id, signature) VALUES (1, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, at = excluded.at,
        key_id = excluded.key_id, signature = excluded.signature
      WHERE excluded.sequence > audit_anchor.sequence`,
    mustChange: true,
  },
  removeRecords: { sql: 'DELETE FROM audit_records WHERE sequence <= ?' },
  removeCheckpoints: { sql: 'DELETE FROM audit_checkpoints WHERE sequence < ?' },
} as const satisfies Record<string, Statement>

// A step of this many records takes the event loop some milliseconds, whatever is looked for.
const stepRecords = 20_000

/** Returns the verbs of the audit over one reader and one writer. */
export function auditStore(reader: Reader, writer: Writer): AuditStore {
  const head = reader.prepare(`SELECT ${sequenceColumn}, hash FROM audit_head`)
  const anchor = reader.prepare(`SELECT ${sealColumns} FROM audit_anchor`)
  const lastCheckpoint = reader.prepare(
    `SELECT ${sealColumns} FROM audit_checkpoints ORDER BY audit_checkpoints.sequence DESC LIMIT 1`,
  )
  const checkpoints = reader.prepare(
    `SELECT ${sealColumns} FROM audit_checkpoints
     WHERE audit_checkpoints.sequence > ? ORDER BY audit_checkpoints.sequence LIMIT ?`,
  )
  const oldest = reader.prepare(
    `SELECT ${columns} FROM audit_records WHERE audit_records.sequence > ?
     ORDER BY audit_records.sequence LIMIT ?`,
  )
  const newest = newestQueries(reader)
  const state = (): ChainState => ({
    head: toHead(head.get()),
    anchor: toSeal('anchor', anchor.get()),
  })
  return {
    async append(entries) {
      if (entries.length > 0) await writer.write(entries.map(appendOperation))
    },
    async state() {
      return reader.snapshot(() => ({
        ...state(),
        lastCheckpoint: toSeal('checkpoint', lastCheckpoint.get()),
      }))
    },
    async oldest({ afterSequence, limit }) {
      return reader.snapshot(() => ({ ...state(), links: oldest.all(afterSequence, limit).map(toLink) }))
    },
    async newest(query) {
      const before = Math.min(query.beforeSequence, toHead(head.get()).sequence + 1)
      const from = Math.max(query.fromSequence, before - stepRecords)
      const links = newest(query, from, before).map(toLink)
      const last = links.length === query.limit ? links.at(-1) : undefined
      return { links, lookedDownTo: last?.sequence ?? from }
    },
    async checkpoints({ afterSequence, limit }) {
      return checkpoints.all(afterSequence, limit).flatMap((row) => toSeal('checkpoint', row) ?? [])
    },
    async seal(seal) {
      await writer.write(sealOperations(seal))
    },
  }
}

// Whatever somebody has put there by hand can be read: what is no number of ours reads as one that never stands there.
const readable = (column: string, otherwise: number): string =>
  `CASE WHEN ${column} IS NULL OR ${column} BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}
    THEN ${column} ELSE ${otherwise} END AS ${column}`
const sequenceColumn = readable('sequence', Number.MAX_SAFE_INTEGER)
const sealColumns = `${sequenceColumn}, hash, ${readable('at', Number.MIN_SAFE_INTEGER)}, key_id, signature`
const numbers: readonly string[] = ['at', 'status', 'input_tokens', 'output_tokens', 'counted_at', 'count']
const columns = [
  sequenceColumn,
  ...auditColumns.map((column) => (numbers.includes(column) ? readable(column, -1) : column)),
  'hash',
].join(', ')

type NewestQuery = (query: NewestAudit, from: number, before: number) => readonly Row[]

function newestQueries(reader: Reader): NewestQuery {
  const prepared = new Map<string, Query>()
  return ({ actor, status, since, limit }, from, before) => {
    const wanted: readonly (readonly [condition: string, values: readonly SqlValue[]])[] = [
      ['audit_records.sequence >= ? AND audit_records.sequence < ?', [from, before]],
      ...(actor === undefined ? [] : [['(actor_name = ? OR actor_id = ?)', [actor, actor]] as const]),
      ...(status === undefined
        ? []
        : [['audit_records.status BETWEEN ? AND ?', [status.from, status.to]] as const]),
      ...(since === undefined ? [] : [['audit_records.at >= ?', [since]] as const]),
    ]
    const where = wanted.map(([condition]) => condition).join(' AND ')
    const sql = `SELECT ${columns} FROM audit_records WHERE ${where} ORDER BY audit_records.sequence DESC LIMIT ?`
    const query = prepared.get(sql) ?? reader.prepare(sql)
    prepared.set(sql, query)
    return query.all(...wanted.flatMap(([, values]) => values), limit)
  }
}

function sealOperations({ type, sequence, hash, at, keyId, signature }: Seal): readonly Operation[] {
  const values = [sequence, hash, at, keyId, signature]
  switch (type) {
    case 'checkpoint':
      return [[auditStatements.addCheckpoint, ...values]]
    case 'anchor':
      return [
        [auditStatements.putAnchor, ...values],
        [auditStatements.removeRecords, sequence],
        [auditStatements.removeCheckpoints, sequence],
      ]
  }
}

function toLink(row: Row): AuditLink {
  return {
    sequence: integer(row, 'sequence'),
    fields: auditColumns.map((column) => row[column]),
    hash: String(row.hash),
  }
}

// A row that is not there, or is none, is what somebody has done to it: then no record is held to be in the chain.
function toHead(row: Row | undefined): ChainState['head'] {
  const { sequence, hash } = row ?? {}
  if (typeof sequence !== 'number' || typeof hash !== 'string') return { sequence: 0, hash: genesisHash }
  return { sequence, hash }
}

// A time beyond what a date can hold was never signed.
function toSeal(type: Seal['type'], row: Row | undefined): Seal | undefined {
  if (!row) return undefined
  const { hash, at, key_id: keyId, signature } = row
  return {
    type,
    sequence: integer(row, 'sequence'),
    hash: String(hash),
    at: typeof at === 'number' ? at : Number.MIN_SAFE_INTEGER,
    keyId: String(keyId),
    signature: String(signature),
  }
}
