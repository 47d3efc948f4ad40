// Writes turns to a store in the folder named by the first argument until its disk is full, holds that they are refused in a sentence
// like the second argument, lets the command in the others make room ("PID" is this process), and holds that the store is well again.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { openStore } from '../../../src/store/open-store.ts'
import { beginTurn, refuses, wholeTurn } from '../contract/samples.ts'

const [, , folder = '', expected = '', command = '', ...args] = process.argv
const sentence = new RegExp(expected)
const troubles: string[] = []
const store = await openStore({ file: join(folder, 'store.db'), onTrouble: (told) => troubles.push(told) })
const content = 'x'.repeat(10_000)
const kept: string[] = []
let refused = 0
for (let round = 0; refused === 0; round++) {
  const ids = Array.from({ length: 8 }, (_, i) => `c${round}_${i}`)
  await Promise.all(
    ids.map(async (id) => {
      const turn = wholeTurn(store, beginTurn(id, { content }))
      const done = await turn.then(
        () => true,
        () => false,
      )
      if (done) return kept.push(id)
      refused += 1
      return refuses(turn, 'internal_error', sentence)
    }),
  )
}
assert.ok(kept.length > 10, 'there was room for some')
assert.equal(store.health().status, 'degraded')
assert.match(store.health().sentence ?? '', sentence)
assert.equal(troubles.length, 1, troubles.join('\n'))
await assertAllKept()

const room = args.map((arg) => arg.replace('PID', String(process.pid)))
execFileSync(command, room)
await wholeTurn(store, beginTurn('afterwards', { content }))
assert.equal(store.health().status, 'ok')
kept.push('afterwards')
await assertAllKept()
assert.ok((await store.turns.recover(1)) <= refused, 'only turns that were refused are left pending')
await store.close()
process.stdout.write('"well again"\n')

async function assertAllKept(): Promise<void> {
  for (const id of kept) {
    const messages = await store.conversations.messages(id, { limit: 10 })
    assert.deepEqual(
      messages.map(({ value }) => value.status),
      ['complete', 'complete'],
    )
  }
}
