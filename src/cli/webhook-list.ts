import { type ListedEndpoint, listEndpoints } from '../domain/webhooks/list-endpoints.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printAdvice, printError, printJson, table } from './output.ts'
import { withWebhooks } from './webhook-setup.ts'

/** Lists the endpoints of the config, never their secrets, and how each is. */
export async function webhookList(options: JsonOptions): Promise<number> {
  return await withWebhooks(options, async ({ parts, nameless }) => {
    const endpoints = await listEndpoints(parts)
    if (options.json === true) {
      printJson({ data: endpoints.map(rowOf) })
    } else if (endpoints.length + nameless.length === 0) {
      print('No webhook endpoint is configured. Add one under api.webhooks.outgoing, with a secret from:')
      printAdvice('  openclaw webhook secret')
    } else {
      const heading = ['ID', 'URL', 'EVENTS', 'SIGNED', 'WAITING', 'STATE']
      for (const line of table([heading, ...endpoints.map(cellsOf)])) print(line)
    }
    for (const variable of nameless) {
      printError(
        `${variable} is not set in this terminal: an endpoint without an id, whose address stands in it, is not shown.`,
      )
    }
    return exitCodes.ok
  })
}

function rowOf({ disabledAt, failingSince, ...rest }: ListedEndpoint): Readonly<Record<string, unknown>> {
  return { ...rest, disabledAt: iso(disabledAt), failingSince: iso(failingSince) }
}

function cellsOf(endpoint: ListedEndpoint): readonly string[] {
  const { id, url, events, signed, waiting, status, disabledReason, failingSince } = endpoint
  const failing = failingSince === null ? '' : `, failing since ${iso(failingSince)}`
  const state = status === 'disabled' ? `disabled (${disabledReason})` : `enabled${failing}`
  return [id, url, events.join(','), signed ? 'yes' : 'no', String(waiting), state]
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
