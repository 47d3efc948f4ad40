import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Metered, ownRecordsMax, RefusalMeter } from './refusal-meter.ts'

const refused = { status: 401, error: 'unauthorized' }

function stranger(address: string): Metered {
  return { key: address, actor: { type: 'stranger', id: null, name: null }, ip: address }
}

function token(id: string): Metered {
  return { key: id, actor: { type: 'token', id, name: `name of ${id}` }, ip: null }
}

/** How many of so many calls get records of their own. */
function admitted(meter: RefusalMeter, who: Metered, calls: number, outcome = refused): number {
  return Array.from({ length: calls }, () => meter.admits(who, outcome)).filter(Boolean).length
}

test('an address has sixty records a minute, and one more with the count of the others', () => {
  const meter = new RefusalMeter()
  assert.equal(admitted(meter, stranger('192.0.2.1'), 1_000), 60)
  assert.equal(admitted(meter, stranger('192.0.2.2'), 60), 60)
  const [sum, ...none] = meter.drain(5_000)
  assert.deepEqual(none, [])
  assert.deepEqual(
    [sum?.at, sum?.action, sum?.count, sum?.ip, sum?.status, sum?.error, sum?.actor.type],
    [5_000, 'requests.summed', 940, '192.0.2.1', 401, 'unauthorized', 'stranger'],
  )
})

test('a new minute begins with the drain', () => {
  const meter = new RefusalMeter()
  assert.equal(admitted(meter, stranger('192.0.2.1'), 100), 60)
  meter.drain(0)
  assert.deepEqual(meter.drain(1), [])
  assert.equal(admitted(meter, stranger('192.0.2.1'), 100), 60)
})

test('a sum of calls that came to different things names what they have in common', () => {
  const meter = new RefusalMeter()
  admitted(meter, stranger('a'), 61)
  admitted(meter, stranger('a'), 1, { status: 429, error: 'rate_limit_exceeded' })
  admitted(meter, stranger('b'), 61)
  const [first, second] = meter.drain(0)
  assert.deepEqual([first?.ip, first?.count, first?.status, first?.error], ['a', 2, null, null])
  assert.deepEqual([second?.ip, second?.count, second?.status], ['b', 1, 401])
})

test('however many addresses come, a minute holds some 700 records, and every call is counted in one', () => {
  const meter = new RefusalMeter()
  let own = 0
  const addresses = 20_000
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < addresses; i++) own += admitted(meter, stranger(`2001:db8:${i.toString(16)}::/64`), 1)
  }
  const sums = meter.drain(0)
  assert.equal(own, ownRecordsMax.strangers)
  assert.ok(sums.length <= 101)
  assert.equal(own + sums.reduce((all, { count }) => all + count, 0), 5 * addresses)
  assert.equal(sums.filter(({ ip }) => ip === null).length, 1)
})

test('strangers take no room from a token, whose refusals over its limit have a bound of their own', () => {
  const meter = new RefusalMeter()
  for (let i = 0; i < 100; i++) admitted(meter, stranger(`192.0.2.${i}`), 100)
  const limited = { status: 429, error: 'rate_limit_exceeded' }
  assert.equal(admitted(meter, token('tok_a'), 700, limited), ownRecordsMax.token)
  const sum = meter.drain(0).find(({ actor }) => actor.type === 'token')
  assert.deepEqual([sum?.count, sum?.actor.id, sum?.ip, sum?.status], [100, 'tok_a', null, 429])
})
