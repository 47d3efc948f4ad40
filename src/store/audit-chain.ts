import { hash } from 'node:crypto'
import { chainText, genesisHash } from '../domain/audit/chain.ts'
import { type AuditEntry, fieldsOf } from '../domain/audit/record.ts'
import type { Operation, Procedure, Row, SqlValue, WritingConnection } from './statement.ts'

/** The columns of a record between its sequence and its hash, in the order in which they are hashed. */
export const auditColumns = [
  'at',
  'actor_type',
  'actor_id',
  'actor_name',
  'action',
  'target',
  'method',
  'route',
  'status',
  'error',
  'ip',
  'request_id',
  'model',
  'input_tokens',
  'output_tokens',
  'counted_at',
  'count',
] as const

/**
 * Appends a record to the chain, whose end is read in the same transaction, since other processes write too. A record never fails over
 * what somebody put into the file by hand: it goes where there is room, and verification finds the rest.
 */
export const appendAudit: Procedure = {
  name: 'append an audit record',
  parameterCount: auditColumns.length,
  open: (connection) => new ChainEnd(connection),
}

/** Returns the operation that appends an entry. */
export function appendOperation(entry: AuditEntry): Operation {
  return [appendAudit, ...fieldsOf(entry)]
}

/** Returns the operations that append an entry, where there is one. */
export function recorded(entry: AuditEntry | undefined): readonly Operation[] {
  return entry ? [appendOperation(entry)] : []
}

class ChainEnd {
  readonly #head
  readonly #lastRecord
  readonly #insert
  readonly #setHead
  #end: { sequence: number; hash: string } | undefined

  constructor(connection: WritingConnection) {
    const columns = auditColumns.join(', ')
    const places = auditColumns.map(() => '?').join(', ')
    this.#head = connection.prepare('SELECT sequence, hash FROM audit_head')
    this.#lastRecord = connection.prepare(
      `SELECT sequence, hash FROM audit_records WHERE sequence < ${Number.MAX_SAFE_INTEGER}
       UNION ALL SELECT sequence, hash FROM audit_anchor ORDER BY sequence DESC LIMIT 1`,
    )
    this.#insert = connection.prepare(
      `INSERT INTO audit_records (sequence, ${columns}, hash) VALUES (?, ${places}, ?)
       ON CONFLICT (sequence) DO NOTHING`,
    )
    this.#setHead = connection.prepare(
      `INSERT INTO audit_head (key, sequence, hash) VALUES (1, ?, ?)
       ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
    )
  }

  begin(): void {
    this.#end = undefined
  }

  run(parameters: readonly SqlValue[]): number {
    const end = this.#end ?? this.#read()
    // What is hashed must be what is read back, and no lone surrogate is.
    const fields = parameters.map((value) => (typeof value === 'string' ? value.toWellFormed() : value))
    let sequence = end.sequence + 1
    let recordHash = hash('sha256', chainText(end.hash, sequence, fields))
    if (this.#insert.run(sequence, ...fields, recordHash) === 0) {
      sequence = (linkOf(this.#lastRecord.get())?.sequence ?? end.sequence) + 1
      recordHash = hash('sha256', chainText(end.hash, sequence, fields))
      this.#insert.run(sequence, ...fields, recordHash)
    }
    this.#end = { sequence, hash: recordHash }
    return 1
  }

  end(): void {
    if (this.#end) this.#setHead.run(this.#end.sequence, this.#end.hash)
  }

  // Without its row the end may have been cut: the sequence that is left out shows it for ever.
  #read(): { sequence: number; hash: string } {
    const head = linkOf(this.#head.get())
    if (head) return head
    const last = linkOf(this.#lastRecord.get()) ?? { sequence: 0, hash: genesisHash }
    return { sequence: last.sequence + 1, hash: last.hash }
  }
}

function linkOf(row: Row | undefined): { readonly sequence: number; readonly hash: string } | undefined {
  const { sequence, hash: link } = row ?? {}
  return typeof sequence === 'number' && typeof link === 'string' ? { sequence, hash: link } : undefined
}
