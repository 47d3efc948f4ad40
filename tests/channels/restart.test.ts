import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendMessage } from '../../src/domain/channels/send-message.ts'
import { echoProvider, type HubUnderTest, startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedProvider } from '../support/scripted-provider.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { type SimplePlatform, startSimplePlatform } from '../support/simple-platform.ts'

async function setUp(stack: AsyncDisposableStack) {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  const start = async (options: Partial<HubUnderTest> = {}) =>
    stack.use(await startHub({ store, create: () => new SimpleChannel(platform.url), ...options }))
  return { store, platform, start }
}

const posts = (platform: SimplePlatform, count: number) =>
  eventually('the posts', () => (platform.posted.length >= count ? platform.posted : undefined))

const neverAnswering = () =>
  new ScriptedProvider('acme', ['small'], async function* (_turn, signal) {
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    yield { type: 'text', text: 'never' }
  })

test('stopped after the receipt and before the turn: answered at the next start', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, start } = await setUp(stack)
  const first = await start({ turnsMax: 0 })
  platform.say({ chatId: '42', text: 'Hello' })
  await eventually('the receipt', () => (platform.acknowledged() === 1 ? true : undefined))
  await first.close()
  assert.equal(platform.posted.length, 0)
  await start()
  assert.deepEqual(
    (await posts(platform, 1)).map(({ text }) => text),
    ['echo of Hello'],
  )
})

test('stopped in the turn: the message stands once, is told of once, and is not failed by the next start', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, start } = await setUp(stack)
  const provider = neverAnswering()
  const first = await start({ provider })
  platform.say({ chatId: '42', text: 'Hello' })
  await eventually('the turn', () => provider.asked[0])
  await eventually('its beginning to be stored', () =>
    store.channels.chats.conversation({ channel: 'telegram', chatId: '42' }),
  )
  await first.close()
  assert.equal(await store.turns.recover(Date.now()), 0)
  await start()
  await posts(platform, 1)
  const id = await store.channels.chats.conversation({ channel: 'telegram', chatId: '42' })
  const messages = await store.conversations.messages(id ?? '', { limit: 10 })
  assert.deepEqual(
    messages.map(({ value }) => [value.role, value.content, value.status]),
    [
      ['user', 'Hello', 'complete'],
      ['assistant', 'echo of Hello', 'complete'],
    ],
  )
})

test('stopped after the turn and before the post: posted at the next start, without asking the model again', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, start } = await setUp(stack)
  platform.take = () => ({ status: 500, body: { error: 'not now' } })
  const first = await start()
  platform.say({ chatId: '42', text: 'Hello' })
  await eventually('a try', () => (platform.tries() > 0 ? true : undefined))
  await first.close()
  platform.take = () => 'take'
  const second = await start()
  assert.equal((await posts(platform, 1))[0]?.text, 'echo of Hello')
  assert.equal(second.provider.asked.length, 0)
})

test('stopped between two parts: each is posted once, in order', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, start } = await setUp(stack)
  const text = Array.from({ length: 5 }, (_, i) => String(i).repeat(1_000)).join('')
  const provider = new ScriptedProvider('acme', ['small'], async function* () {
    yield { type: 'text', text }
    yield { type: 'finish', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 } }
  })
  platform.take = (_post, tries) =>
    tries === 3 ? { status: 429, body: { error: 'slow', retryAfterMs: 60_000 } } : 'take'
  const first = await start({ provider })
  platform.say({ chatId: '42', text: 'Hello' })
  await eventually('the third try', () => (platform.tries() >= 3 ? true : undefined))
  await first.close()
  assert.equal(platform.posted.length, 2)
  await start({ provider })
  await posts(platform, 5)
  assert.equal(platform.posted.map((post) => post.text).join(''), text)
  assert.equal(provider.asked.length, 1)
})

test('cut off while a part was on its way: that one alone is posted again, under the same nonce', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, start } = await setUp(stack)
  platform.take = (_post, tries) => (tries === 1 ? 'cut' : 'take')
  await start()
  platform.say({ chatId: '42', text: 'Hello' })
  const [first, second] = await posts(platform, 2)
  assert.equal(first?.nonce, second?.nonce)
  platform.say({ chatId: '42', text: 'Next' })
  await posts(platform, 3)
  assert.deepEqual(
    platform.posted.map(({ text }) => text),
    ['echo of Hello', 'echo of Hello', 'echo of Next'],
  )
  for (const { nonce } of platform.posted) assert.ok(nonce.length <= 25)
})

test('a reply whose platform is away waits, and comes as soon as the platform is back', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, start } = await setUp(stack)
  const answering = Promise.withResolvers<void>()
  const provider = new ScriptedProvider('acme', ['small'], async function* (turn, signal) {
    await answering.promise
    yield* echoProvider().script(turn, signal)
  })
  const { hub } = await start({ provider })
  for (let i = 0; i < 5; i++) platform.say({ chatId: `c${i}`, text: `Hello ${i}` })
  await eventually('all turns', () => (provider.asked.length === 5 ? true : undefined))
  platform.away(true)
  answering.resolve()
  await eventually('the silence', () =>
    hub.find('telegram')?.health.status === 'disconnected' ? true : undefined,
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  platform.away(false)
  await posts(platform, 5)
  assert.equal(new Set(platform.posted.map(({ text }) => text)).size, 5)
  assert.equal(platform.posted.length, 5)
})

test('the last commit of a message that an application sent survives a restart in its outcome', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, start } = await setUp(stack)
  const first = await start()
  await eventually('the link', () =>
    first.hub.find('telegram')?.health.status === 'connected' ? true : undefined,
  )
  const sent = await sendMessage(first.request(), { channel: 'telegram', chatId: '42', message: 'Hi' })
  await first.close()
  const outcome = await store.channels.outbox.find(sent.id)
  assert.deepEqual(
    [outcome?.status, outcome?.conversationId, outcome?.externalIds],
    ['sent', sent.conversationId, sent.externalIds],
  )
})

test('a chat that the platform moved is followed, with its conversation', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, start } = await setUp(stack)
  await start()
  platform.say({ chatId: 'old', text: 'one' })
  await posts(platform, 1)
  platform.take = ({ chatId }) =>
    chatId === 'old' ? { status: 301, body: { error: 'moved', movedTo: 'new' } } : 'take'
  platform.say({ chatId: 'old', text: 'two' })
  await posts(platform, 2)
  platform.say({ chatId: 'new', text: 'three' })
  await posts(platform, 3)
  assert.deepEqual(
    platform.posted.map(({ chatId, text }) => [chatId, text]),
    [
      ['old', 'echo of one'],
      ['new', 'echo of two'],
      ['new', 'echo of three'],
    ],
  )
  const found = await store.conversations.list({ visibility: { all: true }, limit: 10 })
  assert.deepEqual(
    found.map(({ value }) => [value.chatId, value.messageCount]),
    [['new', 6]],
  )
})

test('a chat that does not want us is marked, and no other chat suffers', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, start } = await setUp(stack)
  platform.take = ({ chatId }) => (chatId === 'shut' ? { status: 403, body: { error: 'blocked' } } : 'take')
  await start()
  platform.say({ chatId: 'shut', text: 'one' })
  platform.say({ chatId: 'open', text: 'two' })
  await posts(platform, 1)
  await eventually('the mark', async () =>
    (await store.channels.chats.known('telegram')).join() === 'open' ? true : undefined,
  )
  platform.take = () => 'take'
  platform.say({ chatId: 'shut', text: 'three' })
  await posts(platform, 2)
  assert.equal(platform.posted[1]?.text, 'echo of three')
  await eventually('the mark to go', async () =>
    (await store.channels.chats.known('telegram')).length === 2 ? true : undefined,
  )
})
