import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { VirtualTimers } from '../../../tests/support/virtual-timers.ts'
import { GatewayError } from '../errors.ts'
import { TurnDeadline } from './deadline.ts'

const timeouts = {
  connectMs: 5_000,
  firstTokenMs: 60_000,
  idleMs: 30_000,
  totalMs: 110_000,
  streamMs: 600_000,
}
const never = new AbortController().signal

test('a plain call ends at its total deadline, and at no other one', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, false, 0)
  timers.advance(timeouts.totalMs - 1)
  assert.equal(deadline.signal.aborted, false)
  timers.advance(1)
  assertTimedOut(deadline, 'total')
})

test('the total deadline counts what had passed when the model was asked', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, false, 100_000)
  timers.advance(9_999)
  assert.equal(deadline.signal.aborted, false)
  timers.advance(1)
  assertTimedOut(deadline, 'total')
})

test('a turn whose time is up when the model is asked ends at once', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, false, timeouts.totalMs + 1)
  timers.advance(1)
  assertTimedOut(deadline, 'total')
})

test('a stream ends when its first token does not come in time', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, true, 0)
  timers.advance(timeouts.firstTokenMs)
  assertTimedOut(deadline, 'firstToken')
})

test('what a provider says before the first token does not put its deadline off', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, true, 0)
  timers.advance(timeouts.firstTokenMs - 1)
  deadline.waiting()
  assert.equal(deadline.signal.aborted, false)
  timers.advance(1)
  assertTimedOut(deadline, 'firstToken')
})

test('a stream whose first token may take longer than a plain call ends at the total deadline', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, { ...timeouts, firstTokenMs: 200_000 }, true, 0)
  timers.advance(timeouts.totalMs)
  assertTimedOut(deadline, 'total')
})

test('a stream that has begun ends when the provider pauses for too long', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, true, 0)
  deadline.firstToken()
  for (let i = 0; i < 10; i++) {
    deadline.held()
    deadline.waiting()
    timers.advance(timeouts.idleMs - 1)
    assert.equal(deadline.signal.aborted, false)
  }
  timers.advance(1)
  assertTimedOut(deadline, 'idle')
})

test('while the reader holds the stream back no pause is the provider’s, and it counts anew afterwards', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, true, 0)
  deadline.firstToken()
  deadline.held()
  timers.advance(timeouts.idleMs * 5)
  assert.equal(deadline.signal.aborted, false)
  deadline.waiting()
  timers.advance(timeouts.idleMs - 1)
  assert.equal(deadline.signal.aborted, false)
  timers.advance(1)
  assertTimedOut(deadline, 'idle')
})

test('a stream that has begun has its own whole time, held back or not', (t) => {
  const timers = new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, true, 0)
  timers.advance(50_000)
  deadline.firstToken()
  deadline.held()
  timers.advance(timeouts.streamMs - 1)
  assert.equal(deadline.signal.aborted, false)
  timers.advance(1)
  assertTimedOut(deadline, 'stream')
})

test('the caller’s signal is followed with its reason, also where it has aborted before', (t) => {
  new VirtualTimers(t)
  const reason = new Error('the caller left')
  const caller = new AbortController()
  using deadline = new TurnDeadline(caller.signal, timeouts, true, 0)
  caller.abort(reason)
  assert.equal(deadline.signal.reason, reason)
  using late = new TurnDeadline(caller.signal, timeouts, true, 0)
  assert.equal(late.signal.reason, reason)
})

test('an abandoned turn ends with the reason it was abandoned for', (t) => {
  new VirtualTimers(t)
  using deadline = new TurnDeadline(never, timeouts, false, 0)
  const reason = new GatewayError('internal_error', 'The disk is full.')
  deadline.abandon(reason)
  assert.equal(deadline.signal.reason, reason)
})

test('a turn that has ended leaves neither a timer nor a listener', (t) => {
  const timers = new VirtualTimers(t)
  const { signal } = new AbortController()
  for (const end of [
    () => undefined,
    (deadline: TurnDeadline) => deadline.firstToken(),
    (deadline: TurnDeadline) => {
      deadline.firstToken()
      deadline.held()
      timers.advance(timeouts.idleMs)
      deadline.waiting()
    },
    (deadline: TurnDeadline) => deadline.abandon(new Error('over')),
  ]) {
    const deadline = new TurnDeadline(signal, timeouts, true, 0)
    assert.equal(getEventListeners(signal, 'abort').length, 1)
    end(deadline)
    deadline[Symbol.dispose]()
    assert.equal(timers.pending, 0)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  }
})

function assertTimedOut(deadline: TurnDeadline, name: string): void {
  const error: unknown = deadline.signal.reason
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, 'provider_timeout')
  assert.deepEqual(error.details, { deadline: name })
  assert.ok(error.message.includes(`${name} deadline`))
}
