import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { type Ran, runProgram } from '../support/run-program.ts'

const program = resolve(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')

/** Runs `openclaw` on the data folder of a gateway, which may run or not. */
export async function openclaw(home: string, ...args: readonly string[]): Promise<Ran> {
  return await runProgram(process.execPath, [program, ...args], {
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, 'state'),
    OPENCLAW_CONFIG: join(home, 'openclaw.json5'),
  })
}

/** All records, oldest first, as they are exported. */
export async function exported(home: string): Promise<readonly unknown[]> {
  const { code, stdout, stderr } = await openclaw(home, 'audit', 'export')
  assert.equal(code, 0, stderr)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

/** The record of a request, once it is there. */
export async function recordOf(gateway: RunningGateway, requestId: string): Promise<unknown> {
  return await eventually(`the record of ${requestId}`, async () => {
    const reply = await gateway.call('GET', '/api/v1/audit?limit=100')
    const rows = at(await reply.json(), 'data')
    return Array.isArray(rows) ? rows.find((row) => at(row, 'requestId') === requestId) : undefined
  })
}

/** Holds that verification finds nothing wrong; returns what it says. */
export async function mustBeWhole(home: string): Promise<unknown> {
  const { code, stdout, stderr } = await openclaw(home, 'audit', 'verify', '--json')
  assert.equal(code, 0, stdout + stderr)
  const verdict: unknown = JSON.parse(stdout)
  assert.equal(at(verdict, 'ok'), true)
  return verdict
}
