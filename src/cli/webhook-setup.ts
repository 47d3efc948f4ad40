import { randomFillSync } from 'node:crypto'
import type { LoadedConfig } from '../config/load.ts'
import { webhookEndpoints } from '../config/settings.ts'
import { GatewayError } from '../domain/errors.ts'
import { createIds } from '../domain/ids.ts'
import type { WebhookEndpoint } from '../domain/webhooks/endpoint.ts'
import { Outbox } from '../domain/webhooks/outbox.ts'
import type { WebhookParts } from '../domain/webhooks/webhook-parts.ts'
import { openState } from '../open-state.ts'
import { userAtTerminal } from './audit-setup.ts'
import type { GlobalOptions } from './grammar.ts'
import { loadBeside } from './load-config.ts'
import { UsageError } from './usage-error.ts'

/** What the commands about webhooks work with. */
export interface WebhookSetup {
  readonly parts: WebhookParts
  readonly loaded: LoadedConfig
  /** Variables that are not set in this terminal, and that endpoints without an id have their addresses in: their ids are not known here. */
  readonly nameless: readonly string[]
}

/** Runs a command about webhooks against the config and the store, whether a gateway runs or not, and closes the store in the end. */
export async function withWebhooks(
  options: GlobalOptions,
  command: (setup: WebhookSetup) => Promise<number>,
): Promise<number> {
  const loaded = loadBeside(options)
  const { known, nameless } = endpointsOf(loaded)
  const store = await openState(loaded)
  try {
    const clock = { now: () => Date.now(), monotonic: () => performance.now() }
    const ids = createIds(clock.now, (bytes) => void randomFillSync(bytes))
    const endpoints = () => known
    const outbox = new Outbox({ clock, ids, endpoints })
    const parts = { store: store.webhooks, outbox, clock, endpoints, actor: userAtTerminal() }
    return await command({ parts, loaded, nameless })
  } catch (error) {
    const [variable] = nameless
    if (variable === undefined || !(error instanceof GatewayError) || !isUnknownEndpoint(error)) throw error
    throw new UsageError(
      `${error.message} ${variable} is not set in this terminal, and the address of an endpoint without an id stands in it: set it as the gateway has it.`,
      `export ${variable}=…`,
    )
  } finally {
    await store.close()
  }
}

function isUnknownEndpoint({ code, message }: GatewayError): boolean {
  return code === 'not_found' && message.includes('webhook endpoint')
}

// The id of an endpoint that has none in the file comes from its address.
function endpointsOf({ config, unset }: LoadedConfig): {
  readonly known: readonly WebhookEndpoint[]
  readonly nameless: readonly string[]
} {
  const known: WebhookEndpoint[] = []
  const nameless: string[] = []
  for (const [index, endpoint] of webhookEndpoints(config.api).entries()) {
    const open = unset.find(({ path, text }) => text === endpoint.url && path.endsWith('].url'))
    const hasId = config.api.webhooks.outgoing[index]?.id !== undefined
    if (open === undefined || hasId) known.push(endpoint)
    else nameless.push(open.variable)
  }
  return { known, nameless }
}
