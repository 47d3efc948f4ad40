import { GatewayError } from '../domain/errors.ts'
import { findToken } from '../domain/tokens/find-token.ts'
import { revokeToken } from '../domain/tokens/revoke-token.ts'
import type { Token } from '../domain/tokens/token.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'
import { type TokenSetup, withTokens } from './token-setup.ts'
import { UsageError } from './usage-error.ts'

/** Revokes a token and says which one it was; for one of the config file also that its lines can go. */
export async function tokenRevoke(reference: string, options: JsonOptions): Promise<number> {
  return await withTokens(options, async (setup) => {
    const { parts, loaded, configTokens } = setup
    if (setup.unknownSecrets.size > 0) await refuseUnknown(reference, setup)
    const { token, alreadyRevoked } = await revokeToken(parts, { reference, configTokens })
    if (options.json === true) printJson({ id: token.id, name: token.name, revoked: true, alreadyRevoked })
    else if (alreadyRevoked) print(`${token.id} (${token.name}) was revoked already.`)
    else print(`Revoked ${token.id} (${token.name}). The next request with it is refused.`)
    if (token.source === 'config' && loaded.file !== null) {
      printError(`It still stands in ${loaded.file}: delete it under api.auth.tokens.`)
    }
    return exitCodes.ok
  })
}

// A token of the config file is denied by the hash of its secret, and that one may stand in a variable that is not set here.
async function refuseUnknown(
  reference: string,
  { parts, configTokens, unknownSecrets }: TokenSetup,
): Promise<void> {
  const { tokens } = await parts.store.tokens.load()
  const meant = find(reference, [...tokens, ...configTokens], parts.sha256Hex)
  const [first = ''] = unknownSecrets.values()
  const variable = meant === undefined ? first : unknownSecrets.get(meant.id)
  if (variable === undefined) return
  const sentence =
    meant === undefined
      ? `No token that is known here is meant, but ${variable} is not set in this terminal, and a secret of the config file stands in it.`
      : `${variable} is not set in this terminal, and the secret of ${JSON.stringify(meant.name)} stands in it.`
  throw new UsageError(`${sentence} Set it as the gateway has it.`, `export ${variable}=…`)
}

function find(...input: Parameters<typeof findToken>): Token | undefined {
  try {
    return findToken(...input)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'not_found') return undefined
    throw error
  }
}
