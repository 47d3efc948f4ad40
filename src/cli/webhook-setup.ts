import { randomFillSync } from 'node:crypto'
import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { loadConfig } from '../config/load.ts'
import { webhookEndpoints } from '../config/settings.ts'
import { createIds } from '../domain/ids.ts'
import { Outbox } from '../domain/webhooks/outbox.ts'
import type { WebhookParts } from '../domain/webhooks/webhook-parts.ts'
import { openState } from '../open-state.ts'
import type { GlobalOptions } from './grammar.ts'

// No port is opened here, so that an unusable OPENCLAW_GATEWAY_PORT is no matter.
const unusedPort = 0

/** Runs a command about webhooks against the config and the store, whether a gateway runs or not, and closes the store in the end. */
export async function withWebhooks(
  options: GlobalOptions,
  command: (parts: WebhookParts) => Promise<number>,
): Promise<number> {
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  const loaded = loadConfig({ ...configFlag, portFlag: unusedPort, env: environment(), home: homedir() })
  const configured = webhookEndpoints(loaded.config.api)
  const store = await openState(loaded)
  try {
    const clock = { now: () => Date.now(), monotonic: () => performance.now() }
    const ids = createIds(clock.now, (bytes) => void randomFillSync(bytes))
    const endpoints = () => configured
    const outbox = new Outbox({ clock, ids, endpoints })
    return await command({ store: store.webhooks, outbox, clock, endpoints })
  } finally {
    await store.close()
  }
}
