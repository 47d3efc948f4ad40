import type { AnsweredKey, KeyStore, KnownKey, MessageKey } from '../domain/idempotency/key-store.ts'
import { integer, integerOrNull, text, textOrNull } from './row.ts'
import type { Operation, Reader, Row, Statement, Writer } from './statement.ts'

/** The statements about Idempotency-Keys. */
export const idempotencyStatements = {
  keep: {
    sql: `INSERT INTO idempotency_keys (owner, name, fingerprint, message_id, status, created_at, body)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (owner, name) DO UPDATE SET fingerprint = excluded.fingerprint, message_id = excluded.message_id,
        status = excluded.status, created_at = excluded.created_at, body = excluded.body`,
  },
  prune: {
    sql: `DELETE FROM idempotency_keys WHERE key IN
      (SELECT key FROM idempotency_keys WHERE created_at <= ? ORDER BY created_at LIMIT ?)`,
  },
} as const satisfies Record<string, Statement>

const pruneRows = 500

/** Returns the verbs about Idempotency-Keys over one reader and one writer. */
export function keyStore(reader: Reader, writer: Writer): KeyStore {
  const find = reader.prepare(
    'SELECT owner, name, fingerprint, message_id, status, created_at, body FROM idempotency_keys WHERE owner = ? AND name = ?',
  )
  return {
    async find(owner, name) {
      const row = find.get(owner, name)
      return row && toKey(row)
    },
    async keep(key) {
      await writer.write([answeredKeyOperation(key)])
    },
    prune: (usedBefore) => writer.write([[idempotencyStatements.prune, usedBefore, pruneRows]]),
  }
}

/** Returns the operation that keeps an answer under its key. */
export function answeredKeyOperation({ owner, name, fingerprint, at, answer }: AnsweredKey): Operation {
  return [idempotencyStatements.keep, owner, name, fingerprint, null, answer.status, at, answer.body]
}

/** Returns the operation that keeps a message under the key that it was sent with. */
export function messageKeyOperation({ owner, name, fingerprint, at, messageId }: MessageKey): Operation {
  return [idempotencyStatements.keep, owner, name, fingerprint, messageId, null, at, null]
}

function toKey(row: Row): KnownKey {
  const use = {
    owner: text(row, 'owner'),
    name: text(row, 'name'),
    fingerprint: text(row, 'fingerprint'),
    at: integer(row, 'created_at'),
  }
  const status = integerOrNull(row, 'status')
  const messageId = textOrNull(row, 'message_id')
  if (messageId !== null && status === null) return { ...use, messageId }
  return { ...use, answer: { status: integer(row, 'status'), body: text(row, 'body') } }
}
