import { rotateToken } from '../domain/tokens/rotate-token.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { printError, printJson } from './output.ts'
import { printSecret, secretRow } from './token-create.ts'
import { withTokens } from './token-setup.ts'

/** Gives a token a new secret, prints it as `token create` does, and says until when the old one works. */
export async function tokenRotate(reference: string, options: JsonOptions): Promise<number> {
  return await withTokens(options, async ({ parts, configTokens }) => {
    const rotated = await rotateToken(parts, { reference, configTokens })
    const until = new Date(rotated.previousExpiresAt).toISOString()
    if (options.json === true) {
      printJson({ ...secretRow(rotated), previousExpiresAt: until })
    } else {
      printSecret(rotated)
      printError(`The old secret works until ${until}.`)
    }
    return exitCodes.ok
  })
}
