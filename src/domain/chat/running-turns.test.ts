import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningTurns } from './running-turns.ts'

test('idle resolves when the last turn has ended, and for all who wait', async () => {
  const turns = new RunningTurns()
  await turns.idle()
  turns.enter()
  turns.enter()
  let isIdle = false
  const all = Promise.all([turns.idle(), turns.idle()]).then(() => {
    isIdle = true
  })
  turns.leave()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isIdle, false)
  assert.equal(turns.count, 1)
  turns.leave()
  await all
  assert.equal(turns.count, 0)
  await turns.idle()
})

test('a turn that begins after the gateway was idle is waited for anew', async () => {
  const turns = new RunningTurns()
  turns.enter()
  turns.leave()
  turns.enter()
  const idle = turns.idle()
  turns.leave()
  await idle
})
