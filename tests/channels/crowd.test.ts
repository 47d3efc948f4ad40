import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echoProvider, startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedProvider } from '../support/scripted-provider.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { type SimplePlatform, startSimplePlatform } from '../support/simple-platform.ts'

const chats = 1_000

test('a thousand chats that write at once are all answered, no more turns at a time than may be', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  let most = 0
  const provider: ScriptedProvider = new ScriptedProvider('acme', ['small'], async function* (turn, signal) {
    most = Math.max(most, provider.running)
    await allAreStored(platform, chats)
    yield* echoProvider().script(turn, signal)
  })
  for (let i = 0; i < chats; i++) platform.say({ chatId: `c${i}`, text: `hello ${i}` })
  const rssBefore = process.memoryUsage().rss
  stack.use(await startHub({ store, provider, create: () => new SimpleChannel(platform.url) }))
  const answered = () => new Set(platform.posted.map(({ chatId }) => chatId)).size
  await eventually('all answers', () => (answered() === chats ? true : undefined), 60_000)
  assert.equal(platform.posted.length, chats)
  for (const { chatId, text } of platform.posted) assert.equal(text, `echo of hello ${chatId.slice(1)}`)
  assert.ok(most <= 32, `${most} turns at a time`)
  assert.ok(most > 8, `only ${most} turns at a time`)
  t.diagnostic(`${Math.round((process.memoryUsage().rss - rssBefore) / 2 ** 20)} MiB more for ${chats} chats`)
})

test('a chat with two hundred messages holds up nobody else', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  const order: string[] = []
  const provider = new ScriptedProvider('acme', ['small'], async function* (turn, signal) {
    order.push(turn.messages.at(-1)?.content ?? '')
    await allAreStored(platform, 220)
    yield* echoProvider().script(turn, signal)
  })
  for (let i = 0; i < 200; i++) platform.say({ chatId: 'loud', text: `loud ${i}` })
  for (let i = 0; i < 20; i++) platform.say({ chatId: `quiet-${i}`, text: `quiet ${i}` })
  stack.use(await startHub({ store, provider, turnsMax: 1, create: () => new SimpleChannel(platform.url) }))
  await eventually('all answers', () => (platform.posted.length === 220 ? true : undefined), 30_000)
  const lastQuiet = order.findLastIndex((text) => text.startsWith('quiet'))
  const loudBefore = order.slice(0, lastQuiet).filter((text) => text.startsWith('loud')).length
  assert.ok(loudBefore < 200, `${loudBefore} of the loud chat came before the last of the quiet ones`)
  assert.deepEqual(
    order.filter((text) => text.startsWith('loud')),
    Array.from({ length: 200 }, (_, i) => `loud ${i}`),
  )
})

// So that all of them wait before the first is answered.
async function allAreStored(platform: SimplePlatform, count: number): Promise<void> {
  await eventually(
    'all messages to be stored',
    () => (platform.acknowledged() >= count ? true : undefined),
    30_000,
  )
}
