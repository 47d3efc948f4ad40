import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { at, numberAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { exported, mustBeWhole } from './gateway-audit.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, { config: { api: { trustedProxies: ['127.0.0.0/8'] } } })
})
after(() => stack.disposeAsync())

async function knock(address: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const headers = { Authorization: `Bearer oc_tok_${i}`, 'X-Forwarded-For': address }
    await (await fetch(`${gateway.url}/api/v1/models`, { headers })).arrayBuffer()
  }
}

test('a stranger’s thousand calls are sixty records and one with the count of the others, by address and IPv6 /64', async () => {
  await Promise.all([
    knock('192.0.2.1', 1_000),
    knock('2001:db8:1:1::1', 200),
    knock('2001:db8:1:1::2', 200),
    knock('192.0.2.2', 10),
  ])
  // A known token's call is no less recorded in the middle of it.
  const known = await gateway.call('GET', '/api/v1/models')
  gateway.child.kill('SIGTERM')
  await gateway.exited
  const rows = await exported(gateway.home)
  const strangers = rows.filter((row) => at(row, 'actor', 'type') === 'stranger')
  const of = (start: string, action: string | null): readonly unknown[] =>
    strangers.filter((row) => String(at(row, 'ip')).startsWith(start) && at(row, 'action') === action)
  // The flood may lie across the end of a minute.
  const minutes = Math.max(1, of('192.0.2.1', 'requests.summed').length)
  assert.ok(minutes <= 2)
  assert.equal(of('192.0.2.1', null).length, 60 * minutes)
  assert.equal(of('2001:db8:1:1:', null).length, 60 * minutes)
  assert.equal(of('192.0.2.2', null).length, 10)
  assert.equal(of('192.0.2.2', 'requests.summed').length, 0)
  assert.deepEqual(
    of('2001:db8:1:1:', 'requests.summed').map((row) => at(row, 'ip')),
    Array.from({ length: minutes }, () => '2001:db8:1:1::/64'),
  )
  assert.equal(
    strangers.reduce((all: number, row) => all + numberAt(row, 'count'), 0),
    1_410,
  )
  const id = known.headers.get('x-request-id')
  assert.equal(rows.filter((row) => at(row, 'requestId') === id).length, 1)
  await mustBeWhole(gateway.home)
})
