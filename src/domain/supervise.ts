import { GatewayError } from './errors.ts'
import type { Log } from './log.ts'

/** A loop that is kept running. */
export interface Supervised {
  readonly name: string
  /** What is wrong while it is down, undefined while it runs. */
  sentence(): string | undefined
  /** Resolves when it has ended for good, after the signal. */
  readonly ended: Promise<void>
}

const restartMsMin = 1_000
const restartMsMax = 60_000

/**
 * Runs a loop until `signal` aborts. One that fails or returns before is logged and started again after a second, which doubles up to a
 * minute while it goes on failing; nothing else of the process notices.
 */
export function supervise(
  name: string,
  loop: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Log,
): Supervised {
  let trouble: string | undefined
  const run = async (): Promise<void> => {
    let restartMs = restartMsMin
    while (!signal.aborted) {
      const recovered = setTimeout(() => {
        trouble = undefined
        restartMs = restartMsMin
      }, restartMs)
      try {
        await loop(signal)
        if (signal.aborted) return
        trouble = `${name} has ended by itself and is being started again.`
      } catch (error) {
        if (signal.aborted) return
        trouble = `${name} has stopped and is being started again: ${sentenceOf(error)}`
        log('error', 'loop failed', { loop: name, error: codeOf(error) })
      } finally {
        clearTimeout(recovered)
      }
      await pause(restartMs, signal)
      restartMs = Math.min(2 * restartMs, restartMsMax)
    }
  }
  return { name, sentence: () => trouble, ended: run() }
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}

// A foreign error's own text could hold what must not be shown.
function sentenceOf(error: unknown): string {
  return error instanceof GatewayError ? error.message : `${codeOf(error)}. The log says when.`
}

function codeOf(error: unknown): string {
  if (error instanceof GatewayError) return error.code
  return error instanceof Error ? error.name : 'unknown'
}
