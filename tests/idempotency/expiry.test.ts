import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type BegunCall, beginOnce } from '../../src/domain/idempotency/begin-once.ts'
import { openTestStore, partsOver } from '../support/domain-parts.ts'
import { ScriptedProvider } from '../support/scripted-provider.ts'
import { withCode } from '../support/turns.ts'

const { store, close } = await openTestStore()
after(close)
const parts = partsOver(store, [new ScriptedProvider('scripted', ['one'])])
const day = 24 * 60 * 60 * 1000

function use(name: string, fingerprint = 'f') {
  return { owner: 'tok_a', name, fingerprint, at: parts.clock.now() }
}

function runningIn(begun: BegunCall): Disposable {
  assert.ok('running' in begun)
  return begun.running
}

const answer = { status: 200, body: '{"a":1}' }

test('an answer is kept for 24 hours, and its key is free from then on', async () => {
  const first = use('day')
  await store.keys.keep({ ...first, answer })
  parts.clock.ms += day - 1
  assert.deepEqual(await beginOnce(parts, use('day')), { answer })
  await assert.rejects(beginOnce(parts, use('day', 'other')), withCode('idempotency_mismatch'))
  parts.clock.ms += 1
  using _running = runningIn(await beginOnce(parts, use('day', 'other')))
  await assert.rejects(beginOnce(parts, use('day', 'other')), withCode('idempotency_conflict'))
  await assert.rejects(beginOnce(parts, use('day')), withCode('idempotency_mismatch'))
})

test('a key is free when its call is over without an answer', async () => {
  for (let i = 0; i < 3; i++) runningIn(await beginOnce(parts, use('free')))[Symbol.dispose]()
  assert.equal(await store.keys.find('tok_a', 'free'), undefined)
})

test('keys that nobody needs any more are removed, five hundred at a time, and no others', async () => {
  const old = parts.clock.now() - day
  for (let i = 0; i < 501; i++) await store.keys.keep({ ...use(`old ${i}`), at: old, answer })
  await store.keys.keep({ ...use('young'), at: old + 1, answer })
  while ((await store.keys.prune(old)) > 0);
  assert.equal(await store.keys.find('tok_a', 'old 0'), undefined)
  assert.equal(await store.keys.find('tok_a', 'old 500'), undefined)
  assert.notEqual(await store.keys.find('tok_a', 'young'), undefined)
})

test('a store that cannot be read leaves the key free', async () => {
  const keys = { ...store.keys, find: () => Promise.reject(new Error('unreadable')) }
  const broken = { ...parts, store: { ...store, keys } }
  await assert.rejects(beginOnce(broken, use('unreadable')), /unreadable/)
  runningIn(await beginOnce(parts, use('unreadable')))[Symbol.dispose]()
})
