import type { Token } from '../domain/tokens/token.ts'
import {
  agedTokens,
  daysLeft,
  expiringTokens,
  liveTokens,
  secretAgeDays,
} from '../domain/tokens/token-age.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printAdvice, printError, printJson, table } from './output.ts'
import { withTokens } from './token-setup.ts'

/** Lists the tokens of the store and of the config file, never their secrets or hashes. */
export async function tokenList(options: JsonOptions): Promise<number> {
  return await withTokens(options, async ({ parts, configTokens, unknownSecrets }) => {
    const { tokens, deniedHashes } = await parts.store.tokens.load()
    const now = parts.now()
    const denied = new Set(deniedHashes)
    const listed = [...tokens, ...configTokens].map((token) => ({
      token,
      state: unknownSecrets.has(token.id) ? 'unknown' : stateOf(token, denied, now),
    }))
    if (options.json === true) {
      printJson({ data: listed.map(({ token, state }) => rowOf(token, state)) })
    } else if (listed.length === 0) {
      printAdvice(
        'There are no tokens yet. Make one: openclaw token create --name "my-app" --scope "chat,send,read"',
      )
    } else {
      const heading = ['ID', 'NAME', 'SCOPE', 'SOURCE', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE']
      for (const line of table([heading, ...listed.map(({ token, state }) => cellsOf(token, state))]))
        print(line)
    }
    const live = liveTokens([...tokens, ...configTokens], deniedHashes, now)
    for (const token of agedTokens(live, now)) warnOfAge(token, now)
    for (const token of expiringTokens(live, now)) warnOfEnd(token, now)
    for (const variable of new Set(unknownSecrets.values())) {
      printError(`${variable} is not set in this terminal: whether its token was revoked is not known here.`)
    }
    return exitCodes.ok
  })
}

function stateOf(token: Token, denied: ReadonlySet<string>, now: number): 'active' | 'expired' | 'revoked' {
  if (token.revokedAt !== null || token.secrets.every((secret) => denied.has(secret.hash))) return 'revoked'
  return token.expiresAt !== null && token.expiresAt <= now ? 'expired' : 'active'
}

function rowOf(token: Token, state: string): Readonly<Record<string, unknown>> {
  return {
    id: token.id,
    name: token.name,
    scope: token.scopes,
    source: token.source,
    state,
    hint: state === 'unknown' ? null : (token.secrets[0]?.hint ?? null),
    rateLimit: token.rateLimit,
    allowedIPs: token.allowedIps,
    models: token.models,
    budget: token.budget ?? null,
    createdAt: timestamp(token.createdAt === 0 ? null : token.createdAt),
    expiresAt: timestamp(token.expiresAt),
    lastUsedAt: timestamp(token.lastUsedAt),
    revokedAt: timestamp(token.revokedAt),
  }
}

function cellsOf(token: Token, state: string): readonly string[] {
  return [
    token.id,
    token.name,
    token.scopes.join(','),
    token.source,
    token.createdAt === 0 ? '-' : day(token.createdAt),
    token.expiresAt === null ? 'never' : day(token.expiresAt),
    token.lastUsedAt === null ? '-' : `${day(token.lastUsedAt)} ${timeOfDay(token.lastUsedAt)}`,
    state,
  ]
}

function warnOfAge(token: Token, now: number): void {
  const age = secretAgeDays(token, now)
  printError(
    `warning: the secret of ${JSON.stringify(token.name)} is ${age} days old. Renew it: openclaw token rotate ${token.id}`,
  )
}

function warnOfEnd(token: Token, now: number): void {
  const left = daysLeft(token, now) ?? 0
  const when = left === 0 ? 'within a day' : `in ${left} day${left === 1 ? '' : 's'}`
  const remedy =
    token.source === 'config'
      ? 'Change its expiresAt in the config file.'
      : `Renew it: openclaw token rotate ${token.id}`
  printError(`warning: ${JSON.stringify(token.name)} expires ${when}. ${remedy}`)
}

function timestamp(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function timeOfDay(at: number): string {
  return new Date(at).toISOString().slice(11, 16)
}
