import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { VirtualTimers } from '../../../tests/support/virtual-timers.ts'
import { type ChannelEdge, ChannelStatus } from './channel-status.ts'

function setUp(t: TestContext) {
  const timers = new VirtualTimers(t)
  let ms = 0
  const edges: ChannelEdge[] = []
  const clock = { now: () => 1_000_000 + ms, monotonic: () => ms }
  const status = new ChannelStatus('Telegram', clock, (edge) => edges.push(edge))
  const pass = (by: number): void => {
    ms += by
    timers.advance(by)
  }
  return { status, edges, pass, timers }
}

test('a channel is connecting until the platform lets it in', (t) => {
  const { status, edges } = setUp(t)
  assert.deepEqual(status.state, {
    status: 'connecting',
    since: 1_000_000,
    lastProofAt: null,
    lastError: null,
    remedy: null,
  })
  status.alive()
  assert.equal(status.state.status, 'connecting')
  assert.deepEqual(edges, [])
})

test('it is connected while the platform is heard, and disconnected as soon as it was silent for too long', (t) => {
  const { status, edges, pass } = setUp(t)
  status.connected(15_000)
  for (let i = 0; i < 10; i++) {
    pass(14_000)
    status.alive()
  }
  assert.equal(status.state.status, 'connected')
  assert.equal(status.state.lastProofAt, 1_140_000)
  pass(14_999)
  assert.equal(status.state.status, 'connected')
  pass(1)
  assert.equal(status.state.status, 'disconnected')
  assert.match(status.state.lastError ?? '', /Nothing was heard from Telegram for 15 seconds/)
  assert.deepEqual(
    edges.map((edge) => edge.status),
    ['connected', 'disconnected'],
  )
})

test('the next sign of life after a silence makes it connected again, told once', (t) => {
  const { status, edges, pass } = setUp(t)
  status.connected(10_000)
  pass(60_000)
  status.alive()
  status.alive()
  assert.equal(status.state.status, 'connected')
  assert.deepEqual(
    edges.map((edge) => edge.status),
    ['connected', 'disconnected', 'connected'],
  )
  pass(10_000)
  assert.equal(status.state.status, 'disconnected')
})

test('a late word on a link that is gone proves nothing', (t) => {
  const { status } = setUp(t)
  status.connected(10_000)
  status.disconnected('The socket was closed.')
  status.alive()
  assert.equal(status.state.status, 'disconnected')
})

test('each edge is told once, however often an adapter says the same, with the newest reason kept', (t) => {
  const { status, edges, pass } = setUp(t)
  status.disconnected('No network.')
  pass(5_000)
  status.disconnected('The token is refused.', 'Put a good one in.')
  assert.deepEqual(edges, [{ status: 'disconnected', reason: 'No network.' }])
  assert.deepEqual(status.state, {
    status: 'disconnected',
    since: 1_000_000,
    lastProofAt: null,
    lastError: 'The token is refused.',
    remedy: 'Put a good one in.',
  })
  status.connected(10_000)
  status.connected(10_000)
  assert.equal(edges.length, 2)
  assert.equal(status.state.remedy, null)
  assert.equal(status.state.lastError, 'The token is refused.')
})

test('a channel that is stopped watches nothing any more', (t) => {
  const { status, edges, timers } = setUp(t)
  status.connected(10_000)
  status[Symbol.dispose]()
  assert.equal(timers.pending, 0)
  assert.equal(edges.length, 1)
})
