import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualTimers } from '../../tests/support/virtual-timers.ts'
import { GatewayError } from './errors.ts'
import { supervise } from './supervise.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a loop that fails is started again with a growing wait, says so meanwhile, and ends with its signal', async (t) => {
  const timers = new VirtualTimers(t)
  const stop = new AbortController()
  const logged: string[] = []
  let starts = 0
  let fails = true
  const loop = async (signal: AbortSignal): Promise<void> => {
    starts++
    if (fails) throw new GatewayError('internal_error', 'The disk is full.')
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  const supervised = supervise('The loop', loop, stop.signal, (_level, message) => logged.push(message))
  await settled()
  assert.equal(starts, 1)
  assert.match(supervised.sentence() ?? '', /^The loop has stopped .*The disk is full\.$/)
  timers.advance(1_000)
  await settled()
  assert.equal(starts, 2)
  timers.advance(1_999)
  await settled()
  assert.equal(starts, 2)
  fails = false
  timers.advance(1)
  await settled()
  assert.equal(starts, 3)
  timers.advance(4_000)
  assert.equal(supervised.sentence(), undefined)
  stop.abort()
  await supervised.ended
  assert.deepEqual(logged, ['loop failed', 'loop failed'])
  assert.equal(timers.pending, 0)
})
