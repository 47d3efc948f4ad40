import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer, RecordedRequest } from '../support/provider-server.ts'
import { startTelegramServer, type TelegramServer } from '../support/telegram-server.ts'
import { refused } from '../support/telegram-state.ts'

const waitMs = 20_000
const words = Array.from({ length: 5_600 }, (_, i) => `w${String(i).padStart(5, '0')}`)
const everything = `# Title\n\n${words.join(' **tea** ')}`
const stack = new AsyncDisposableStack()
let telegram: TelegramServer
let provider: ProviderServer
let home: string
let gateway: RunningGateway

before(async () => {
  telegram = stack.use(await startTelegramServer())
  provider = stack.use(await startOpenAiServer())
  provider.behave = (request) => {
    const message = lastMessageOf(request)
    return { pieces: message === 'Tell me everything' ? [everything] : ['echo of ', message] }
  }
  home = await mkdtemp(join(tmpdir(), 'openclaw-telegram-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  gateway = await start()
  stack.defer(() => gateway.stop())
})
after(() => stack.disposeAsync())

function start(): Promise<RunningGateway> {
  return startGateway({
    home,
    config: {
      models: {
        default: 'gpt-4o-mini',
        providers: {
          fake: { api: 'openai-completions', baseUrl: provider.url, apiKey: openAiDefaults.apiKey },
        },
      },
      channels: {
        telegram: { botToken: telegram.token, apiRoot: telegram.url, dmPolicy: 'open', allowFrom: ['*'] },
      },
    },
  })
}

function lastMessageOf({ body }: RecordedRequest): string {
  const messages = at(body, 'messages')
  return Array.isArray(messages) ? textAt(messages.at(-1), 'content') : ''
}

async function statusIs(status: string): Promise<unknown> {
  return await eventually(
    `telegram to be ${status}`,
    async () => {
      const health: unknown = await (await gateway.call('GET', '/health/detail')).json()
      const telegramHealth = at(health, 'channels', 'telegram')
      return at(telegramHealth, 'status') === status ? telegramHealth : undefined
    },
    waitMs,
  )
}

function posted(chatId: number): readonly string[] {
  return telegram.taken.filter((message) => message.chatId === chatId).map(({ text }) => text)
}

async function posts(chatId: number, count: number): Promise<readonly string[]> {
  return await eventually(
    `${count} posts in chat ${chatId}`,
    () => (posted(chatId).length >= count ? posted(chatId) : undefined),
    waitMs,
  )
}

test('a person writes and is answered; an application writes into the same conversation', async () => {
  await statusIs('connected')
  telegram.say('What is tea?', { from: { id: 31, first_name: 'Alice' } })
  assert.deepEqual(await posts(31, 1), ['echo of What is tea?'])
  assert.ok(telegram.callsOf('sendChatAction').some(({ params }) => Number(params.chat_id) === 31))
  const sent = await gateway.call('POST', '/api/v1/send', {
    channel: 'telegram',
    chatId: '31',
    message: '**Tea** is ready',
  })
  assert.equal(sent.status, 200)
  const body: unknown = await sent.json()
  assert.deepEqual(at(body, 'externalIds'), [String(telegram.taken.at(-1)?.messageId)])
  const conversation: unknown = await (
    await gateway.call('GET', `/api/v1/conversations/${textAt(body, 'conversationId')}`)
  ).json()
  assert.equal(at(conversation, 'messageCount'), 3)
})

test('every message is answered once and in order, whatever kills the gateway in between', async () => {
  const chats = [41, 42, 43, 44]
  const rounds = 4
  const perRound = 5
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < perRound; i++) {
      for (const id of chats) telegram.say(`word ${round}.${i}`, { from: { id, first_name: 'Somebody' } })
    }
    // Anywhere between the first poll and the last post.
    const goal = telegram.taken.length + randomInt(1, 15)
    await eventually('some posts', () => telegram.taken.length >= goal || undefined, waitMs)
    gateway.child.kill('SIGKILL')
    await gateway.exited
    gateway = await start()
  }
  const expected = Array.from({ length: rounds * perRound }, (_, i) => {
    return `echo of word ${Math.floor(i / perRound)}.${i % perRound}`
  })
  for (const id of chats) {
    await eventually(
      `the last post in chat ${id}`,
      () => posted(id).includes(expected.at(-1) ?? '') || undefined,
      waitMs,
    )
    const texts = posted(id)
    // A part that was on its way at the kill may stand twice, one a kill and chat at most, and next to itself.
    const once = texts.filter((text, i) => text !== texts[i - 1])
    assert.deepEqual(once, expected)
    assert.ok(texts.length <= expected.length + rounds)
  }
})

test('an answer of 50,000 characters comes whole and in order, through 429 in the middle of it and refused markup', async () => {
  const limited = { ...refused(429, 'Too Many Requests: retry after 1'), parameters: { retry_after: 1 } }
  telegram.next(
    'sendMessage',
    undefined,
    limited,
    limited,
    undefined,
    refused(400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 7"),
    undefined,
    { fault: 'cut' },
    undefined,
  )
  telegram.say('Tell me everything', { from: { id: 51, first_name: 'Alice' } })
  await eventually(
    'the last word',
    () => posted(51).some((text) => text.includes('w05599')) || undefined,
    waitMs,
  )
  assert.deepEqual(
    posted(51)
      .join(' ')
      .match(/w\d{5}/g),
    words,
  )
  assert.ok(posted(51).every((text) => text.length <= 4096))
})

test('a mention in a topic of a forum is answered in that topic, in reply', async () => {
  const id = -100_999
  telegram.state.chats.set(id, { id, type: 'supergroup', topics: [77] })
  const message = telegram.say('@demo_bot what is tea?', {
    chat: { id, type: 'supergroup', title: 'Forum', is_forum: true },
    message_thread_id: 77,
    is_topic_message: true,
    entities: [{ type: 'mention', offset: 0, length: 9 }],
  })
  await posts(id, 1)
  const { text, topic, replyTo } = telegram.taken.at(-1) ?? {}
  assert.deepEqual([text, topic, replyTo], ['echo of what is tea?', 77, message.message_id])
})

test('a group that moves takes its conversation along', async () => {
  const id = -4_321
  const to = -100_4321
  const group = { id, type: 'group', title: 'Tea' } as const
  const call = (text: string) => ({
    text: `@demo_bot ${text}`,
    entities: [{ type: 'mention' as const, offset: 0, length: 9 }],
  })
  telegram.say(undefined, { chat: group, ...call('one') })
  await posts(id, 1)
  const chat = telegram.state.chats.get(id)
  assert.ok(chat)
  telegram.state.chats.set(to, { id: to, type: 'supergroup' })
  chat.movedTo = to
  const sent = await gateway.call('POST', '/api/v1/send', {
    channel: 'telegram',
    chatId: String(id),
    message: 'moved',
  })
  assert.equal(sent.status, 200)
  assert.deepEqual(posted(to), ['moved'])
  telegram.say(undefined, { chat: group, migrate_to_chat_id: to })
  telegram.say(undefined, { chat: { id: to, type: 'supergroup', title: 'Tea' }, migrate_from_chat_id: id })
  telegram.say(undefined, { chat: { ...group, id: to, type: 'supergroup' }, ...call('two') })
  await posts(to, 2)
  const asked = provider.requests.at(-1)?.body
  assert.match(JSON.stringify(asked), /one.*moved.*two/s)
})

test('sending to a chat that is unknown or closed says so', async () => {
  const send = (chatId: string) =>
    gateway.call('POST', '/api/v1/send', { channel: 'telegram', chatId, message: 'Hi' })
  for (const chatId of ['123456789', 'alice', '@nobody_there']) {
    const reply = await send(chatId)
    assert.equal(reply.status, 400, chatId)
    assert.equal(at(await reply.json(), 'error'), 'invalid_request')
  }
  telegram.state.chats.set(61, { id: 61, type: 'private', closed: 'bot was blocked by the user' })
  const reply = await send('61')
  assert.equal(reply.status, 502)
  assert.match(textAt(await reply.json(), 'message'), /bot was blocked by the user/)
})
