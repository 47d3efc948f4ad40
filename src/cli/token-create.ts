import { GatewayError } from '../domain/errors.ts'
import type { NewToken } from '../domain/tokens/create-token.ts'
import { createToken } from '../domain/tokens/create-token.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'
import { shellWord } from './shell.ts'
import { withTokens } from './token-setup.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw token create`. */
export interface TokenCreateOptions extends JsonOptions {
  readonly name?: string
  readonly scope?: string
  readonly expires?: string
  readonly budget?: string
}

/** Makes a token and prints its secret, three lines or JSON, the only time that it is shown. */
export async function tokenCreate(options: TokenCreateOptions): Promise<number> {
  const { name, scope, expires = '90d', budget } = options
  if (name === undefined || scope === undefined) {
    const missing = [...(name === undefined ? ['--name'] : []), ...(scope === undefined ? ['--scope'] : [])]
    throw new UsageError(`${missing.join(' and ')} must be given.`, lineFor(options))
  }
  const scopes = scope.split(/[,\s]+/).filter((part) => part !== '')
  return await withTokens(options, async ({ parts, configTokens }) => {
    const made = await createToken(parts, {
      name,
      scopes,
      expires,
      configTokens,
      ...(budget === undefined ? {} : { budget }),
    }).catch((error: unknown) => {
      throw isInvalid(error) ? new UsageError(error.message, correctedFor(error, options, scopes)) : error
    })
    if (options.json === true) printJson(secretRow(made))
    else printSecret(made)
    return exitCodes.ok
  })
}

/** Prints a secret in the three lines that the users' guide shows, and on stderr until when it works. */
export function printSecret({ token, secret }: NewToken): void {
  const created = token.secrets[0]?.createdAt ?? token.createdAt
  print(`Token: ${secret}`)
  print(`Scope: ${token.scopes.join(', ')}`)
  print(`Created: ${new Date(created).toISOString().slice(0, 10)}`)
  const until =
    token.expiresAt === null
      ? 'does not expire'
      : `expires on ${new Date(token.expiresAt).toISOString().slice(0, 10)}`
  printError(`Keep it now: it is not shown again. It ${until}.`)
}

/** Returns a new secret as `--json` prints it. */
export function secretRow({ token, secret }: NewToken): Readonly<Record<string, unknown>> {
  return {
    id: token.id,
    name: token.name,
    token: secret,
    scope: token.scopes,
    createdAt: new Date(token.secrets[0]?.createdAt ?? token.createdAt).toISOString(),
    expiresAt: token.expiresAt === null ? null : new Date(token.expiresAt).toISOString(),
  }
}

function isInvalid(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'invalid_request'
}

// The caller's own line, with what was wrong in it replaced.
function correctedFor(error: GatewayError, options: TokenCreateOptions, scopes: readonly string[]): string {
  const { field, value, didYouMean } = error.details ?? {}
  const { name, scope, expires, budget } = options
  const meant = scopes.map((part) => (part === value && typeof didYouMean === 'string' ? didYouMean : part))
  return lineFor({
    ...(field === 'name' || name === undefined ? {} : { name }),
    ...(field !== 'scope' && scope !== undefined ? { scope } : {}),
    ...(field === 'scope' && didYouMean !== undefined ? { scope: meant.join(',') } : {}),
    ...(field === 'expires' || expires === undefined ? {} : { expires }),
    ...(budget === undefined ? {} : { budget: field === 'budget' ? '5/day' : budget }),
  })
}

function lineFor({
  name = 'my-app',
  scope = 'chat,send,read',
  expires = '90d',
  budget,
}: TokenCreateOptions): string {
  const line = `openclaw token create --name ${shellWord(name)} --scope ${shellWord(scope)} --expires ${shellWord(expires)}`
  return budget === undefined ? line : `${line} --budget ${shellWord(budget)}`
}
