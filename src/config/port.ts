import type { Env } from './environment.ts'
import type { Problem } from './problem.ts'

/**
 * Returns the port that comes before `api.port`: `--port`, else `OPENCLAW_GATEWAY_PORT`, else undefined. Both may be 0, which takes a
 * free port. An unusable variable is a problem.
 */
export function portFrom(portFlag: number | undefined, env: Env): number | Problem | undefined {
  if (portFlag !== undefined) return portFlag
  const text = env.OPENCLAW_GATEWAY_PORT
  if (text === undefined || text === '') return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  return {
    file: 'environment',
    line: 0,
    column: 0,
    path: 'OPENCLAW_GATEWAY_PORT',
    severity: 'error',
    sentence: `found ${JSON.stringify(text.slice(0, 40))}; expected a whole number from 1 to 65535.`,
  }
}
