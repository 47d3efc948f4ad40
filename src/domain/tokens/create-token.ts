import { type AuditActor, type AuditEntry, auditAction } from '../audit/record.ts'
import { closestName } from '../closest-name.ts'
import { GatewayError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Store } from '../store.ts'
import { expiryFrom } from './expiry.ts'
import { parseBudget } from './parse-budget.ts'
import { createSecret, type FillRandom, type Sha256Hex, tokenSecret } from './secret.ts'
import { type Scope, scopes, type Token } from './token.ts'

/** What the verbs that make secrets work with. */
export interface TokenParts {
  readonly store: Pick<Store, 'tokens'>
  readonly ids: Ids
  readonly now: () => number
  readonly fillRandom: FillRandom
  readonly sha256Hex: Sha256Hex
  /** Who the audit says did it; without it somebody at the command line. */
  readonly actor?: AuditActor
}

/** A token to make, in the words of a person. */
export interface CreateToken {
  /** 1 to 64 characters, unique among the tokens that are not revoked. */
  readonly name: string
  /** One or more of `chat`, `send`, `read`, `admin`. */
  readonly scopes: readonly string[]
  /** `30d`, `12h`, `never` or an ISO 8601 date; 90 days by default. */
  readonly expires?: string
  /** `5/day`, `100/month`; none by default. */
  readonly budget?: string
  /** Tokens of the config file: their names are taken too. */
  readonly configTokens: readonly Token[]
}

/** A token and its secret, which is shown this once and not kept. */
export interface NewToken {
  readonly token: Token
  readonly secret: string
}

/** Makes a token. Throws `invalid_request` with `details.field` (`name`, `scope`, `expires`, `budget`), and `conflict` for a name that is taken. */
export async function createToken(parts: TokenParts, input: CreateToken): Promise<NewToken> {
  const now = parts.now()
  const name = checkName(input.name)
  const wanted = parseScopes(input.scopes)
  const expiresAt = expiryFrom(input.expires ?? '90d', now)
  const budget = input.budget === undefined ? undefined : parseBudget(input.budget)
  const { tokens } = await parts.store.tokens.load()
  if ([...tokens, ...input.configTokens].some((token) => token.name === name && token.revokedAt === null)) {
    throw new GatewayError(
      'conflict',
      `There is a token named ${JSON.stringify(name)} already. Choose another name, or revoke that one first.`,
    )
  }
  const secret = createSecret(parts.fillRandom)
  const token: Token = {
    id: parts.ids.next('tok'),
    name,
    scopes: wanted,
    source: 'store',
    rateLimit: null,
    allowedIps: null,
    models: null,
    ...(budget ? { budget } : {}),
    createdAt: now,
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
    secrets: [tokenSecret(secret, parts.sha256Hex, now)],
  }
  await parts.store.tokens.create(token, tokenRecord('token.created', parts, token))
  return { token, secret }
}

/** Returns the record of a change of a token. */
export function tokenRecord(
  action: 'token.created' | 'token.rotated' | 'token.revoked',
  { now, actor = { type: 'cli', id: null, name: null } }: Pick<TokenParts, 'now' | 'actor'>,
  { id }: Token,
): AuditEntry {
  return auditAction(action, { at: now(), actor, target: id })
}

/** Returns scopes as they were given, each once. Throws `invalid_request` for an unknown one, with the one that was meant, and for none. */
export function parseScopes(names: readonly string[]): readonly Scope[] {
  const found = new Set<Scope>()
  for (const name of names) {
    const scope = scopes.find((known) => known === name)
    if (scope === undefined) {
      const meant = closestName(name, scopes)
      const hint =
        meant === undefined ? `Known are ${scopes.join(', ')}.` : `Did you mean ${JSON.stringify(meant)}?`
      throw invalid('scope', `There is no scope ${JSON.stringify(name.slice(0, 40))}. ${hint}`, {
        value: name,
        ...(meant === undefined ? {} : { didYouMean: meant }),
      })
    }
    found.add(scope)
  }
  if (found.size === 0) throw invalid('scope', `A token needs at least one scope of ${scopes.join(', ')}.`)
  return [...found]
}

function checkName(text: string): string {
  if (!/^(?=\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,64}(?<=\S)$/u.test(text)) {
    throw invalid('name', 'A name has 1 to 64 characters, no line breaks, and no spaces at its ends.')
  }
  if (/^(?:tok|oc_tok)_/.test(text))
    throw invalid('name', 'A name does not start with "tok_" or "oc_tok_": ids and secrets do.')
  return text
}

function invalid(
  field: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): GatewayError {
  return new GatewayError('invalid_request', message, { details: { field, ...details } })
}
