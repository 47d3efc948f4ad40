import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Parts } from '../domain/context.ts'
import { type Health, healthOf } from '../domain/health/health.ts'

/** What the gateway knows of itself while it runs. */
export interface ProcessProbes extends Disposable {
  /** Whole seconds since the probes were made. */
  readonly uptimeSeconds: () => number
  readonly health: () => Health
}

const resolutionMs = 20

/** Starts to measure the event loop's delay. `webhooks` tells how many endpoints are configured, and what is wrong with them. */
export function createProbes(
  parts: Parts,
  webhooks: () => { readonly endpoints: number; readonly sentence: string | undefined },
): ProcessProbes {
  const startedAt = parts.clock.monotonic()
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  return {
    uptimeSeconds: () => Math.floor((parts.clock.monotonic() - startedAt) / 1000),
    health() {
      // Node's histogram holds whole intervals of its timer; what is longer than one is the delay.
      const delayP99Ms = Math.max(0, Math.round(delay.percentile(99) / 1e5 - resolutionMs * 10) / 10)
      delay.reset()
      const { endpoints, sentence } = webhooks()
      return healthOf(parts, {
        delayP99Ms,
        memory: process.memoryUsage(),
        webhookEndpoints: endpoints,
        webhookSentence: sentence,
      })
    },
    [Symbol.dispose]: () => void delay.disable(),
  }
}
