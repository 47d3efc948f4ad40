import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendMessage } from '../../src/domain/channels/send-message.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import type { Store } from '../../src/domain/store.ts'
import type { WebhookEndpoint } from '../../src/domain/webhooks/endpoint.ts'
import { echoProvider, type HubUnderTest, startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { at } from '../support/json.ts'
import { ScriptedProvider, saying } from '../support/scripted-provider.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { type SimplePlatform, startSimplePlatform } from '../support/simple-platform.ts'

const endpoint: WebhookEndpoint = {
  id: 'app',
  url: 'http://127.0.0.1:1',
  secret: null,
  previousSecret: null,
  events: ['*'],
  retry: { maxAttempts: 3, backoffMs: 5_000, schedule: null },
  allowPrivateNetwork: true,
}

async function setUp(stack: AsyncDisposableStack, options: Partial<HubUnderTest> = {}) {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  const create = () => new SimpleChannel(platform.url)
  const hub = stack.use(await startHub({ store, create, settings: { endpoints: [endpoint] }, ...options }))
  return { store, platform, hub }
}

const posts = (platform: SimplePlatform, count: number) =>
  eventually('the posts', () => (platform.posted.length >= count ? platform.posted : undefined))

// Events as they will be delivered, oldest first, without those of the link itself.
async function eventsOf(store: Store): Promise<readonly unknown[]> {
  const rows = await store.webhooks.deliveries.list({ limit: 100 })
  const payloads = await Promise.all(
    rows.map(async (_row, i) => await store.webhooks.outbox.payload(rows.length - i)),
  )
  return payloads
    .map((payload): unknown => JSON.parse(payload ?? 'null'))
    .toReversed()
    .filter((event) => !String(at(event, 'event')).startsWith('channel.'))
}

async function messagesOf(store: Store, chatId: string) {
  const id = await store.channels.chats.conversation({ channel: 'telegram', chatId })
  const rows = await store.conversations.messages(id ?? '', { limit: 100 })
  return rows.map(({ value }) => value)
}

test('a turn in a chat is told of with its channel, its chat and its sender, and sent only when it stands there', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform } = await setUp(stack)
  let isRefusing = true
  platform.take = () => (isRefusing ? { status: 429, body: { retryAfterMs: 20 } } : 'take')
  platform.say({ chatId: '42', userId: 'u7', text: 'Hello' })
  await eventually('a try', () => (platform.tries() > 0 ? true : undefined))
  const place = {
    conversationId: (await store.channels.chats.conversation({ channel: 'telegram', chatId: '42' })) ?? '',
    channel: 'telegram',
    chatId: '42',
  }
  assert.deepEqual(
    (await eventsOf(store)).map((event) => at(event, 'event')),
    ['message.received', 'conversation.created'].toSorted(),
  )
  isRefusing = false
  await posts(platform, 1)
  const events = await eventually('the event', async () => {
    const all = await eventsOf(store)
    return all.length === 3 ? all : undefined
  })
  const [created, received, sent] = ['conversation.created', 'message.received', 'message.sent'].map(
    (name): unknown => events.find((event) => at(event, 'event') === name),
  )
  const [question, answer] = await messagesOf(store, '42')
  const from = { id: 'u7', name: 'Person u7' }
  assert.deepEqual(at(created, 'data'), { ...place, from, timestamp: at(created, 'timestamp') })
  assert.deepEqual(at(received, 'data'), {
    ...place,
    from,
    messageId: question?.id,
    content: 'Hello',
    timestamp: at(received, 'timestamp'),
  })
  assert.deepEqual(at(sent, 'data'), {
    ...place,
    messageId: answer?.id,
    content: 'echo of Hello',
    model: 'small',
    usage: { inputTokens: 7, outputTokens: 3 },
    externalIds: ['1'],
    timestamp: at(sent, 'timestamp'),
  })
})

test('a chat is one conversation, with its history, and the model is told who writes where', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, hub } = await setUp(stack)
  platform.say({ chatId: '42', text: 'one' })
  await posts(platform, 1)
  platform.say({ chatId: '42', text: 'two' })
  await posts(platform, 2)
  platform.say({ chatId: '43', text: 'three' })
  await posts(platform, 3)
  const turns = hub.provider.asked.map(({ turn }) => turn)
  assert.deepEqual(
    turns.map(({ messages }) => messages.map(({ content }) => content)),
    [['one'], ['one', 'echo of one', 'two'], ['three']],
  )
  assert.match(turns[0]?.systemPrompt ?? '', /on Telegram, in a direct chat.*"Person 42" \(id "42"\)/)
  const found = await store.conversations.list({ visibility: { all: true }, limit: 10 })
  assert.deepEqual(
    found.map(({ value }) => [
      value.channel,
      value.chatId,
      value.owner,
      value.systemPrompt,
      value.messageCount,
    ]),
    [
      ['telegram', '43', null, null, 2],
      ['telegram', '42', null, null, 4],
    ],
  )
})

test('what an application sends stands in the chat’s conversation, and the person’s answer to it is understood', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, hub } = await setUp(stack)
  const sent = await sendMessage(hub.request(), {
    channel: 'telegram',
    chatId: '42',
    message: 'Shall we deliver today?',
    metadata: { order: '7' },
  })
  assert.deepEqual(
    platform.posted.map(({ text, chatId }) => [text, chatId]),
    [['Shall we deliver today?', '42']],
  )
  assert.deepEqual(
    [sent.status, sent.externalIds, sent.channel, sent.chatId],
    ['sent', ['1'], 'telegram', '42'],
  )
  const [message] = await messagesOf(store, '42')
  assert.deepEqual(
    [message?.id, message?.role, message?.content, message?.status, message?.model],
    [sent.id, 'assistant', 'Shall we deliver today?', 'complete', null],
  )
  const events = await eventsOf(store)
  assert.deepEqual(events.map((event) => at(event, 'event')).toSorted(), [
    'conversation.created',
    'message.sent',
  ])
  platform.say({ chatId: '42', text: 'Yes please' })
  await posts(platform, 2)
  const [asked] = hub.provider.asked
  const shown = asked?.turn.messages ?? []
  assert.equal(shown[0]?.role, 'user')
  assert.deepEqual(
    shown.slice(1).map(({ role, content }) => [role, content]),
    [
      ['assistant', 'Shall we deliver today?'],
      ['user', 'Yes please'],
    ],
  )
  assert.equal(
    await store.channels.chats.conversation({ channel: 'telegram', chatId: '42' }),
    sent.conversationId,
  )
})

test('a provider that is away for a moment costs nothing but time, and the question stands once', async () => {
  await using stack = new AsyncDisposableStack()
  let failures = 2
  const provider = new ScriptedProvider('acme', ['small'], (turn, signal) => {
    if (failures-- > 0) throw new GatewayError('provider_unavailable', 'acme is away.')
    return echoProvider().script(turn, signal)
  })
  const { store, platform } = await setUp(stack, { provider })
  platform.say({ chatId: '42', text: 'one' })
  platform.say({ chatId: '42', text: 'two' })
  await posts(platform, 2)
  assert.deepEqual(
    platform.posted.map(({ text }) => text),
    ['echo of one', 'echo of two'],
  )
  assert.deepEqual(
    (await messagesOf(store, '42')).map(({ content, status }) => `${content} ${status}`),
    ['one complete', 'echo of one complete', 'two complete', 'echo of two complete'],
  )
  const received = (await eventsOf(store)).filter((event) => at(event, 'event') === 'message.received')
  assert.equal(received.length, 2)
})

test('a message that cannot be answered ends in one sentence, and the next one is answered', async () => {
  await using stack = new AsyncDisposableStack()
  const provider = new ScriptedProvider('acme', ['small'], (turn, signal) => {
    if (turn.messages.at(-1)?.content === 'bad') throw new GatewayError('provider_error', 'acme is broken.')
    return echoProvider().script(turn, signal)
  })
  const { store, platform } = await setUp(stack, { provider })
  platform.say({ chatId: '42', text: 'bad' })
  platform.say({ chatId: '42', text: 'good' })
  await posts(platform, 2)
  assert.match(platform.posted[0]?.text ?? '', /could not answer/)
  assert.equal(platform.posted[1]?.text, 'echo of good')
  assert.equal(provider.asked.length, 4)
  assert.deepEqual(
    (await messagesOf(store, '42')).map(({ content, status }) => `${content} ${status}`),
    ['bad failed', 'good complete', 'echo of good complete'],
  )
})

test('a turn that hangs is bounded by the turn’s own deadline and does not hold its chat', async () => {
  await using stack = new AsyncDisposableStack()
  const provider = new ScriptedProvider('acme', ['small'], async function* (turn, signal) {
    if (turn.messages.at(-1)?.content === 'hang') {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
    yield* echoProvider().script(turn, signal)
  })
  const settings = { timeouts: { firstTokenMs: 5_000, totalMs: 1_000 } }
  const { platform } = await setUp(stack, { provider, settings })
  platform.say({ chatId: '42', text: 'hang' })
  platform.say({ chatId: '42', text: 'go on' })
  await posts(platform, 2)
  assert.match(platform.posted[0]?.text ?? '', /could not answer/)
  assert.equal(platform.posted[1]?.text, 'echo of go on')
  assert.equal(provider.asked.length, 2, 'one total bounds all tries')
})

test('a conversation that is deleted between two tries is opened anew', async () => {
  await using stack = new AsyncDisposableStack()
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
  let isFirst = true
  const provider = new ScriptedProvider('acme', ['small'], (turn, signal) => {
    if (!isFirst) return echoProvider().script(turn, signal)
    isFirst = false
    fail()
    throw new GatewayError('provider_unavailable', 'acme is away.')
  })
  const { store, platform } = await setUp(stack, { provider, plan: { waitsMs: [300] } })
  platform.say({ chatId: '42', text: 'one' })
  await failed
  const id = await eventually('the conversation', () =>
    store.channels.chats.conversation({ channel: 'telegram', chatId: '42' }),
  )
  await store.conversations.delete(id)
  await posts(platform, 1)
  assert.equal(platform.posted[0]?.text, 'echo of one')
  assert.deepEqual(
    (await messagesOf(store, '42')).map(({ content }) => content),
    ['one', 'echo of one'],
  )
})

test('a reply without a word still stands in the chat', async () => {
  await using stack = new AsyncDisposableStack()
  const provider = new ScriptedProvider('acme', ['small'], () => saying(''))
  const { platform } = await setUp(stack, { provider })
  platform.say({ chatId: '42', text: 'one' })
  await posts(platform, 1)
  assert.equal(platform.posted.length, 1)
})

test('a program that answers every answer at once is left alone before long, and nobody else is', {
  timeout: 60_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, hub } = await setUp(stack, { settings: {} })
  const { take } = platform
  platform.take = (post, tries) => {
    if (post.chatId === 'loop') platform.say({ chatId: 'loop', text: 'and?' })
    return take(post, tries)
  }
  platform.say({ chatId: 'loop', text: 'Hello' })
  await eventually(
    'the end of the loop',
    () =>
      hub.logged.find(
        ({ message, fields }) => message === 'channel message ignored' && fields?.reason === 'loop_guard',
      ),
    50_000,
  )
  const answers = platform.posted.length
  // Each answer is counted, although the program wrote before the platform had told us that it took ours.
  assert.ok(answers <= 121, `${answers} answers`)
  platform.say({ chatId: '42', text: 'Hello' })
  await posts(platform, answers + 1)
  assert.equal(platform.posted.at(-1)?.text, 'echo of Hello')
})
