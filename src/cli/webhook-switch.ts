import { randomBytes } from 'node:crypto'
import { switchEndpoint } from '../domain/webhooks/switch-endpoint.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { isTerminal, print, printAdvice, printError, printJson } from './output.ts'
import { withWebhooks } from './webhook-setup.ts'

const secretBytes = 24

/** Enables or disables an endpoint, and says what becomes of what it misses. */
export async function webhookSwitch(id: string, enabled: boolean, options: JsonOptions): Promise<number> {
  return await withWebhooks(options, async ({ parts }) => {
    await switchEndpoint(parts, { id, enabled })
    if (options.json === true) printJson({ id, status: enabled ? 'enabled' : 'disabled' })
    else if (enabled)
      printAdvice(
        `${id} is enabled. Send what it missed: openclaw webhook replay --endpoint ${id} --since <time>`,
      )
    else print(`${id} is disabled. What happens meanwhile is kept for 30 days.`)
    return exitCodes.ok
  })
}

/** Prints a new secret in the form of Standard Webhooks: `whsec_` and 24 random bytes in base64. */
export function webhookSecret(): number {
  print(`whsec_${randomBytes(secretBytes).toString('base64')}`)
  if (isTerminal()) printError('Put it in api.webhooks.outgoing[].secret, and the old one in previousSecret.')
  return exitCodes.ok
}
