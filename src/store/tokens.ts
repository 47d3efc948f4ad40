import { GatewayError, notFound } from '../domain/errors.ts'
import type { TokenStore } from '../domain/store.ts'
import { scopes, type Token, type TokenSecret } from '../domain/tokens/token.ts'
import { recorded } from './audit-chain.ts'
import { integer, integerOrNull, oneOf, text, textList } from './row.ts'
import {
  BatchRefusal,
  type Operation,
  type Query,
  type Reader,
  type Row,
  type Statement,
  type Writer,
} from './statement.ts'

/** The statements that change tokens. */
export const tokenStatements = {
  insertToken: {
    sql: `INSERT INTO tokens
      (id, name, scopes, rate_limit, allowed_ips, models, budget_amount, budget_per, created_at, expires_at, revoked_at,
        last_used_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  insertSecret: {
    sql: `INSERT INTO token_secrets (token_key, hash, hint, created_at, expires_at)
      VALUES ((SELECT key FROM tokens WHERE id = ?), ?, ?, ?, ?)`,
  },
  removeExpiredSecrets: {
    sql: 'DELETE FROM token_secrets WHERE token_key = (SELECT key FROM tokens WHERE id = ?) AND expires_at <= ?',
  },
  renewToken: { sql: 'UPDATE tokens SET expires_at = ? WHERE id = ?', mustChange: true },
  expireSecrets: {
    sql: `UPDATE token_secrets SET expires_at = ?
      WHERE token_key = (SELECT key FROM tokens WHERE id = ?) AND (expires_at IS NULL OR expires_at > ?)`,
  },
  revokeToken: {
    sql: 'UPDATE tokens SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?',
    mustChange: true,
  },
  denyHash: {
    sql: 'INSERT INTO denied_hashes (hash, denied_at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
  },
  touchToken: {
    sql: 'UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)',
  },
  raiseEpoch: {
    sql: 'UPDATE token_epoch SET epoch = epoch + 1',
    mustChange: true,
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs about tokens over one reader and one writer. */
export function tokenStore(reader: Reader, writer: Writer): TokenStore {
  const epochQuery = reader.prepare('SELECT epoch FROM token_epoch')
  const tokens = reader.prepare(
    `SELECT key, id, name, scopes, rate_limit, allowed_ips, models, budget_amount, budget_per, created_at, expires_at,
       revoked_at, last_used_at FROM tokens ORDER BY key`,
  )
  const secrets = reader.prepare(
    'SELECT token_key, hash, hint, created_at, expires_at FROM token_secrets ORDER BY key DESC',
  )
  const denied = reader.prepare('SELECT hash FROM denied_hashes ORDER BY key')
  let epoch = readEpoch(epochQuery)
  let isFresh = false
  const outdate = (): void => {
    isFresh = false
  }
  return {
    epoch() {
      // Requests that came in one turn of the event loop share one read: what is sent after a change comes in a later one.
      if (isFresh) return epoch
      isFresh = true
      setImmediate(outdate)
      // While the file cannot be read, requests go on with the tokens in memory; the reader has told health by then.
      try {
        epoch = readEpoch(epochQuery)
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
      }
      return epoch
    },
    async load() {
      return reader.snapshot(() => {
        const secretsOf = Map.groupBy(secrets.all(), (row) => integer(row, 'token_key'))
        return {
          tokens: tokens.all().map((row) => toToken(row, secretsOf.get(integer(row, 'key')) ?? [])),
          deniedHashes: denied.all().map((row) => text(row, 'hash')),
        }
      })
    },
    async create(token, audit) {
      await writer.write([...createOperations(token), ...recorded(audit)]).catch((error: unknown) => {
        if (!(error instanceof BatchRefusal)) throw error
        const sentence = `There is a token named ${JSON.stringify(token.name)} already: revoke or rotate that one, or choose another name.`
        throw new GatewayError('conflict', sentence, { cause: error })
      })
    },
    async rotate(tokenId, secret, oldExpiresAt, expiresAt, audit) {
      const renewal: readonly Operation[] =
        expiresAt === undefined ? [] : [[tokenStatements.renewToken, expiresAt, tokenId]]
      const operations = [...renewal, ...rotateOperations(tokenId, secret, oldExpiresAt)]
      await writer.write([...operations, ...recorded(audit)]).catch(missing(tokenId))
    },
    async revoke(tokenId, at, audit) {
      const operations: readonly Operation[] = [[tokenStatements.revokeToken, at, tokenId], raiseEpoch]
      await writer.write([...operations, ...recorded(audit)]).catch(missing(tokenId))
    },
    async denyHash(hash, at, audit) {
      await writer.write([[tokenStatements.denyHash, hash, at], raiseEpoch, ...recorded(audit)])
    },
    async touch(uses) {
      if (uses.length === 0) return
      await writer.write(uses.map(({ tokenId, at }) => [tokenStatements.touchToken, at, tokenId, at]))
    },
  }
}

const raiseEpoch: Operation = [tokenStatements.raiseEpoch]

function readEpoch(query: Query): number {
  const row = query.get()
  if (!row)
    throw new GatewayError(
      'internal_error',
      'The database has lost its token epoch: restore it from a backup.',
    )
  return integer(row, 'epoch')
}

function createOperations(token: Token): readonly Operation[] {
  return [
    [
      tokenStatements.insertToken,
      token.id,
      token.name,
      JSON.stringify(token.scopes),
      token.rateLimit,
      token.allowedIps && JSON.stringify(token.allowedIps),
      token.models && JSON.stringify(token.models),
      token.budget?.amount ?? null,
      token.budget?.per ?? null,
      token.createdAt,
      token.expiresAt,
      token.revokedAt,
      token.lastUsedAt,
    ],
    // The newest secret is the last one in, since they are read newest first.
    ...token.secrets.toReversed().map((secret) => insertSecret(token.id, secret)),
    raiseEpoch,
  ]
}

function rotateOperations(tokenId: string, secret: TokenSecret, oldExpiresAt: number): readonly Operation[] {
  return [
    [tokenStatements.removeExpiredSecrets, tokenId, secret.createdAt],
    [tokenStatements.expireSecrets, oldExpiresAt, tokenId, oldExpiresAt],
    insertSecret(tokenId, secret),
    raiseEpoch,
  ]
}

function insertSecret(tokenId: string, secret: TokenSecret): Operation {
  return [tokenStatements.insertSecret, tokenId, secret.hash, secret.hint, secret.createdAt, secret.expiresAt]
}

function missing(tokenId: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof BatchRefusal && error.reason === 'missing') notFound('token', tokenId)
    throw error
  }
}

function toToken(row: Row, secrets: readonly Row[]): Token {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    scopes: scopes.filter((scope) => textList(row, 'scopes').includes(scope)),
    source: 'store',
    rateLimit: integerOrNull(row, 'rate_limit'),
    allowedIps: row.allowed_ips === null ? null : textList(row, 'allowed_ips'),
    models: row.models === null ? null : textList(row, 'models'),
    ...budgetIn(row),
    createdAt: integer(row, 'created_at'),
    expiresAt: integerOrNull(row, 'expires_at'),
    revokedAt: integerOrNull(row, 'revoked_at'),
    lastUsedAt: integerOrNull(row, 'last_used_at'),
    secrets: secrets.map(toSecret),
  }
}

function budgetIn(row: Row): Pick<Token, 'budget'> {
  const { budget_amount: amount } = row
  return typeof amount === 'number'
    ? { budget: { amount, per: oneOf(row, 'budget_per', ['day', 'month']) } }
    : {}
}

function toSecret(row: Row): TokenSecret {
  return {
    hash: text(row, 'hash'),
    hint: text(row, 'hint'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integerOrNull(row, 'expires_at'),
  }
}
