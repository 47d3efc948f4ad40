import { channelNames } from '../domain/channels/access.ts'
import type { Pairing, PairingRequest, PairingStore } from '../domain/channels/channel-store.ts'
import { appendOperation } from './audit-chain.ts'
import { integer, integerOrNull, oneOf, text, textOrNull } from './row.ts'
import {
  BatchRefusal,
  type Operation,
  type Reader,
  type Row,
  type Statement,
  type Writer,
} from './statement.ts'

const pruneRows = 1_000

/** The statements about who may write. */
export const pairingStatements = {
  // Somebody who was let in meanwhile, by another process, stays so.
  request: {
    sql: `INSERT INTO channel_pairings (channel, user_id, name, code, created_at, expires_at, reminded_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (channel, user_id) DO UPDATE
      SET name = excluded.name, code = excluded.code, created_at = excluded.created_at, expires_at = excluded.expires_at,
        reminded_at = excluded.reminded_at
      WHERE channel_pairings.approved_at IS NULL`,
  },
  approve: {
    sql: `UPDATE channel_pairings SET approved_at = ?, code = NULL, expires_at = NULL
      WHERE channel = ? AND code = ? AND expires_at > ?`,
    mustChange: true,
  },
  revoke: { sql: 'DELETE FROM channel_pairings WHERE channel = ? AND user_id = ?', mustChange: true },
  prune: {
    sql: `DELETE FROM channel_pairings WHERE key IN
      (SELECT key FROM channel_pairings WHERE approved_at IS NULL AND expires_at <= ? LIMIT ?)`,
  },
} as const satisfies Record<string, Statement>

const columns = 'channel, user_id, name, code, created_at, expires_at, reminded_at, approved_at'

/** Returns the verbs about who may write, over one reader and one writer. */
export function pairingStore(reader: Reader, writer: Writer): PairingStore {
  const list = reader.prepare(
    `SELECT ${columns} FROM channel_pairings WHERE approved_at IS NOT NULL OR expires_at > ? ORDER BY key`,
  )
  const find = reader.prepare(`SELECT ${columns} FROM channel_pairings WHERE channel = ? AND user_id = ?`)
  const pending = reader.prepare(
    'SELECT COUNT(*) AS n FROM channel_pairings WHERE channel = ? AND approved_at IS NULL AND expires_at > ?',
  )
  return {
    async list(now) {
      return list.all(now).map(toPairing)
    },
    async find(channel, userId) {
      const row = find.get(channel, userId)
      return row && toPairing(row)
    },
    async pending(channel, now) {
      const row = pending.get(channel, now)
      return row ? integer(row, 'n') : 0
    },
    approve: (channel, code, at, audit) =>
      changed(writer, [[pairingStatements.approve, at, channel, code, at], appendOperation(audit)]),
    revoke: (channel, userId, audit) =>
      changed(writer, [[pairingStatements.revoke, channel, userId], appendOperation(audit)]),
    prune: (now) => writer.write([[pairingStatements.prune, now, pruneRows]]),
  }
}

/** Returns the operation that stores a stranger's code, in the place of an older one. */
export function requestOperation(request: PairingRequest): Operation {
  const { channel, userId, name, code, createdAt, expiresAt, remindedAt } = request
  return [pairingStatements.request, channel, userId, name, code, createdAt, expiresAt, remindedAt]
}

async function changed(writer: Writer, operations: readonly Operation[]): Promise<boolean> {
  try {
    await writer.write(operations)
    return true
  } catch (error) {
    if (error instanceof BatchRefusal && error.reason === 'missing') return false
    throw error
  }
}

function toPairing(row: Row): Pairing {
  return {
    channel: oneOf(row, 'channel', channelNames),
    userId: text(row, 'user_id'),
    name: text(row, 'name'),
    code: textOrNull(row, 'code'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integerOrNull(row, 'expires_at'),
    remindedAt: integerOrNull(row, 'reminded_at'),
    approvedAt: integerOrNull(row, 'approved_at'),
  }
}
