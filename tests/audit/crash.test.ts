import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, numberAt } from '../support/json.ts'
import { exported, mustBeWhole } from './gateway-audit.ts'

const rounds = 5
const writers = 16
const readers = 8

test(`${rounds} times kill -9 under load: the chain is whole, and no acknowledged turn lacks its record`, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-audit-crash-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    const gateway = await startGateway({ home })
    stack.defer(() => gateway.stop())
    acknowledged.push(...(await killUnderLoad(gateway, 60 + round * 60)))
    await mustBeWhole(home)
    const recorded = new Set((await exported(home)).map((row) => at(row, 'requestId')))
    for (const id of acknowledged) assert.ok(recorded.has(id), `the turn ${id} has no record`)
  }
  assert.ok(acknowledged.length > 100, `only ${acknowledged.length} turns were acknowledged`)

  // The chain goes on, and a clean stop signs where it ends.
  const last = await startGateway({ home })
  stack.defer(() => last.stop())
  await last.call('POST', '/api/v1/chat', { message: 'Hi' })
  last.child.kill('SIGTERM')
  await last.exited
  const verdict = await mustBeWhole(home)
  assert.equal(at(verdict, 'uncovered'), 0)
  assert.ok(numberAt(verdict, 'checkpoints') >= 1)
  t.diagnostic(`${acknowledged.length} acknowledged turns, ${numberAt(verdict, 'records')} records`)
})

/** Runs turns and other calls until the process is killed, so long after the 24th turn; returns the request ids of the turns that were acknowledged. */
async function killUnderLoad(gateway: RunningGateway, afterMs: number): Promise<readonly string[]> {
  const ids: string[] = []
  const enough = Promise.withResolvers<void>()
  void enough.promise.then(() => setTimeout(() => gateway.child.kill('SIGKILL'), afterMs))
  const write = async (stream: boolean): Promise<void> => {
    for (;;) {
      const path = stream ? '/api/v1/chat/stream' : '/api/v1/chat'
      const reply = await gateway.call('POST', path, { message: 'echo one two three' })
      const text = await reply.text()
      assert.equal(reply.status, 200)
      if (!stream || text.includes('"type":"done"')) ids.push(reply.headers.get('x-request-id') ?? '')
      // By answers, not by the clock alone: a slow machine has as many.
      if (ids.length >= 24) enough.resolve()
    }
  }
  const read = async (): Promise<void> => {
    for (;;) await (await gateway.call('GET', '/api/v1/models')).arrayBuffer()
  }
  const load = [
    ...Array.from({ length: writers }, (_, i) => write(i % 2 === 0)),
    ...Array.from({ length: readers }, read),
  ]
  // Every one of them ends in a connection that is gone.
  for (const { reason } of (await Promise.allSettled(load)).filter((one) => one.status === 'rejected'))
    assert.ok(reason instanceof TypeError, String(reason))
  assert.deepEqual(await gateway.exited, [null, 'SIGKILL'])
  return ids
}
