import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type SimplePlatform, startSimplePlatform } from '../support/simple-platform.ts'
import { startSimpleGateway, useHome } from './support.ts'

// Twenty for the record: OPENCLAW_TEST_KILL_ROUNDS=20 npx node --test tests/channels/kill.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 2)
const messages = 100
const chats = 10

test(`kill -9 under load, ${rounds} times, three channels at once: each message is answered once, in order`, {
  timeout: 600_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const platforms: Record<string, SimplePlatform> = {}
  for (const name of ['telegram', 'discord', 'slack']) {
    const platform = stack.use(await startSimplePlatform())
    platforms[name] = platform
  }
  const urls = Object.fromEntries(Object.entries(platforms).map(([name, { url }]) => [name, url]))
  let random = 7
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647
    return random / 2_147_483_647
  }
  let asked = 0
  for (let round = 0; round < rounds; round++) {
    const gateway = await startSimpleGateway(home, urls)
    for (let i = 0; i < messages; i++) {
      for (const platform of Object.values(platforms)) {
        platform.say({ chatId: `chat-${asked % chats}`, text: `echo m${String(asked).padStart(5, '0')}` })
      }
      asked++
    }
    await new Promise((resolve) => setTimeout(resolve, 50 + 600 * next()))
    await gateway.kill()
  }
  const last = await startSimpleGateway(home, urls)
  stack.defer(() => last.stop())
  let twice = 0
  for (const platform of Object.values(platforms)) {
    const answers = () => new Set(platform.posted.map(({ text }) => text))
    await eventually('every answer', () => (answers().size >= asked ? true : undefined), 120_000).catch(
      (error: unknown) => {
        t.diagnostic(`${answers().size} of ${asked} answers; last posted: ${platform.posted.at(-1)?.text}`)
        throw error
      },
    )
    const copies = copiesOf(platform)
    twice += copies
    // Of each kill at most what was on its way at that moment: one part a chat.
    assert.ok(copies <= rounds * chats, `${copies} copies`)
    assertOrder(platform)
  }
  const stored = await last.call('GET', '/api/v1/conversations?limit=100')
  const body: unknown = await stored.json()
  assert.ok(typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data))
  assert.equal(body.data.length, 3 * chats)
  const counts = body.data.map((one) => Number(one.messageCount))
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2 * 3 * asked,
    'each message and each answer stands once',
  )
  t.diagnostic(`${rounds} kills, ${3 * asked} messages on three channels: all answered, ${twice} parts twice`)
})

// A part that was posted twice has the same nonce both times, so that a platform that knows nonces shows it once.
function copiesOf({ posted }: SimplePlatform): number {
  const nonces = new Map<string, string>()
  let copies = 0
  for (const { text, nonce } of posted) {
    const known = nonces.get(text)
    if (known === undefined) nonces.set(text, nonce)
    else {
      copies++
      assert.equal(nonce, known)
    }
  }
  return copies
}

function assertOrder({ posted }: SimplePlatform): void {
  const lastOf = new Map<string, string>()
  for (const { chatId, text } of posted) {
    assert.match(text, /^m\d{5}$/)
    assert.ok(text >= (lastOf.get(chatId) ?? ''), `${text} after ${lastOf.get(chatId)} in ${chatId}`)
    lastOf.set(chatId, text)
  }
}
