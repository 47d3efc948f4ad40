import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepTyping } from './keep-typing.ts'

const chat = { chatId: '42', route: {} }
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('typing is shown at once, then every five seconds, until the turn is over', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const shown: AbortSignal[] = []
  {
    using _typing = keepTyping({ typing: async (_chat, signal) => void shown.push(signal) }, chat)
    await settled()
    assert.equal(shown.length, 1)
    t.mock.timers.tick(4_999)
    await settled()
    assert.equal(shown.length, 1)
    t.mock.timers.tick(1)
    await settled()
    assert.equal(shown.length, 2)
  }
  t.mock.timers.tick(60_000)
  await settled()
  assert.equal(shown.length, 2)
  assert.ok(shown.every((signal) => signal.aborted))
})

test('a platform that shows no typing disturbs nobody', async () => {
  using _throws = keepTyping(
    {
      typing() {
        throw new Error('no')
      },
    },
    chat,
  )
  using _rejects = keepTyping({ typing: () => Promise.reject(new Error('no')) }, chat)
  await settled()
})
