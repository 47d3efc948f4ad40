import { revokeToken } from '../domain/tokens/revoke-token.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'
import { withTokens } from './token-setup.ts'

/** Revokes a token and says which one it was; for one of the config file also that its lines can go. */
export async function tokenRevoke(reference: string, options: JsonOptions): Promise<number> {
  return await withTokens(options, async ({ parts, loaded, configTokens }) => {
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
