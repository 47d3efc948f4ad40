import { GatewayError } from '../domain/errors.ts'
import { createToken, type NewToken } from '../domain/tokens/create-token.ts'
import { exitCodes } from './exit-codes.ts'
import type { InitOptions } from './init.ts'
import type { Asker } from './init-questions.ts'
import { printError } from './output.ts'
import { shellWord } from './shell.ts'
import { withTokens } from './token-setup.ts'
import { UsageError } from './usage-error.ts'

const usualName = 'my-app'
const usualScope = 'chat,send,read'

/**
 * Makes the first token, unless none is wanted. A token that has the usual name already is kept, and named on stderr; a person is asked for
 * another name or scope where one cannot be. Throws `UsageError` where nobody can be asked.
 */
export async function makeFirstToken(
  options: InitOptions,
  asker: Asker,
  config: string,
): Promise<NewToken | undefined> {
  for (let { tokenName, tokenScope } = options; ; tokenName = undefined, tokenScope = undefined) {
    const name = tokenName ?? (await asker.ask('Name of a first token (none: no token)', usualName))
    if (name === 'none') return undefined
    const scope = tokenScope ?? (await asker.ask('Its scopes', usualScope))
    try {
      return await make(name, scope, config)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      if (!asker.isSilent) printError(error.message)
      else if (error.code === 'conflict' && options.tokenName === undefined) {
        printError(
          `There is a token named ${name} already: it stays as it is. A new secret for it: openclaw token rotate ${name}`,
        )
        return undefined
      } else {
        const line = `openclaw init --token-name ${error.code === 'conflict' ? 'none' : shellWord(usualName)} --token-scope ${usualScope}`
        throw new UsageError(`${error.message} Nothing was written.`, line)
      }
    }
  }
}

async function make(name: string, scope: string, config: string): Promise<NewToken> {
  const scopes = scope.split(/[,\s]+/).filter((part) => part !== '')
  const { promise, resolve } = Promise.withResolvers<NewToken>()
  await withTokens({ config }, async ({ parts, configTokens }) => {
    resolve(await createToken(parts, { name, scopes, configTokens }))
    return exitCodes.ok
  })
  return await promise
}
