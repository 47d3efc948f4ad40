import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { telegramStage } from '../support/telegram-channel.ts'
import { alice, fakeBot } from '../support/telegram-server.ts'

const channelPost = {
  channel_post: {
    message_id: 3,
    date: 1_790_000_000,
    chat: { id: -1005, type: 'channel', title: 'News' },
    text: 'news',
  },
}

test('an update is confirmed to Telegram only after it is durable', async (t) => {
  const { server, link, channel, connected, texts } = await telegramStage(t)
  const durable = Promise.withResolvers<void>()
  link.beforeStore = () => durable.promise
  server.say('Hello')
  channel.start(link)
  await connected()
  const polls = server.callsOf('getUpdates').length
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(server.callsOf('getUpdates').length, polls)
  assert.equal(server.state.updates.length, 1)
  durable.resolve()
  assert.deepEqual(await texts(1), ['Hello'])
  await eventually('the update to be confirmed', () => server.state.updates.length === 0 || undefined)
})

test('the updates of a batch are received in their order', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  const said = Array.from({ length: 250 }, (_, i) => `word ${i}`)
  for (const text of said) server.say(text)
  link.beforeStore = () => new Promise((resolve) => setTimeout(resolve, 5 * Math.random()))
  channel.start(link)
  assert.deepEqual(await texts(said.length), said)
})

test('what cannot be understood and what is not for us never blocks what comes after', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  server.push(channelPost)
  server.push({ some_future_kind: { x: 1 } })
  Reflect.set(server.state.updates, server.state.updates.length, { nonsense: true })
  server.push({ my_chat_member: { chat: { id: 1 } } })
  server.say('Hello')
  server.push(channelPost)
  channel.start(link)
  assert.deepEqual(await texts(1), ['Hello'])
  await eventually('the last one to be passed', () =>
    [...link.states.values()].some((value) => value.startsWith('500006 ')) ? true : undefined,
  )
  server.say('again')
  assert.deepEqual(await texts(2), ['Hello', 'again'])
})

test('a clean stop confirms what was received and nothing else, and a next start goes on from there', async (t) => {
  const { server, link, channel, create, connected, texts } = await telegramStage(t)
  const storing = Promise.withResolvers<void>()
  const durable = Promise.withResolvers<void>()
  link.beforeStore = () => {
    storing.resolve()
    return durable.promise
  }
  server.say('one')
  server.say('two')
  channel.start(link)
  await connected()
  await storing.promise
  const stopped = channel.stop()
  durable.resolve()
  await stopped
  assert.equal(server.state.updates.length, 1)
  assert.deepEqual(await texts(1), ['one'])
  create().start(link)
  assert.deepEqual(await texts(2), ['one', 'two'])
})

test('a remembered offset counts for its own bot and server and for a day: Telegram begins its numbers anew', async (t) => {
  for (const value of [
    (url: string) => `900000 ${Date.now()} 1@${url}`,
    () => `900000 ${Date.now()} ${fakeBot.id}@http://other`,
    (url: string) => `900000 ${Date.now() - 25 * 3_600_000} ${fakeBot.id}@${url}`,
    () => 'nonsense',
  ]) {
    const { server, link, channel, texts } = await telegramStage(t)
    link.states.set('offset', value(server.url))
    server.say('Hello')
    channel.start(link)
    assert.deepEqual(await texts(1), ['Hello'])
    assert.match(link.states.get('offset') ?? '', /^500002 \d+ 700100@http/)
  }
})

test('an old offset is not asked for again', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  channel.start(link)
  server.say('Hello')
  await texts(1)
  await eventually(
    'a poll from there on',
    () => server.callsOf('getUpdates').at(-1)?.params.offset === 500_002 || undefined,
  )
  link.wallShiftMs = 25 * 3_600_000
  await eventually(
    'a poll without an offset',
    () => server.callsOf('getUpdates').at(-1)?.params.offset === undefined || undefined,
  )
  server.push({ update_id: 17, message: server.say('new numbers') })
  assert.deepEqual(await texts(3), ['Hello', 'new numbers', 'new numbers'])
})

test('a message that cannot be stored is not confirmed, and comes again', async (t) => {
  const { server, link, channel, disconnected, texts } = await telegramStage(t)
  let failures = 0
  link.beforeStore = async () => {
    failures += 1
    if (failures <= 2) throw new Error('disk full')
  }
  server.say('Hello')
  channel.start(link)
  await disconnected(/could not be stored/)
  assert.deepEqual(await texts(1), ['Hello'])
  assert.equal(failures, 3)
})

test('a webhook that was set is left, and nothing that waits is dropped', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  await fetch(`${server.url}/bot${server.token}/setWebhook`, {
    method: 'POST',
    body: JSON.stringify({ url: 'http://127.0.0.1:1/', secret_token: 'x' }),
  })
  server.say('Hello')
  channel.start(link)
  assert.deepEqual(await texts(1), ['Hello'])
  assert.deepEqual(server.callsOf('deleteWebhook')[0]?.params, { drop_pending_updates: false })
})

test('only what is understood is asked for, in long polls', async (t) => {
  const { server, link, channel, connected } = await telegramStage(t, { settings: {} })
  channel.start(link)
  await connected()
  const long = await eventually('a long poll', () =>
    server.callsOf('getUpdates').find(({ params }) => params.timeout === 1),
  )
  assert.deepEqual(long.params, { limit: 100, timeout: 1, allowed_updates: ['message', 'edited_message'] })
})

test('a slash at the end of the root changes nothing', async (t) => {
  const { server, link, create, texts } = await telegramStage(t)
  server.say('Hello')
  create({ apiRoot: `${server.url}//` }).start(link)
  assert.deepEqual(await texts(1), ['Hello'])
})

test('a server that does not hold polls is not hammered', async (t) => {
  const { server, link, channel, connected } = await telegramStage(t)
  server.always('getUpdates', { fault: 'page', status: 200, text: '{"ok":true,"result":[]}' })
  channel.start(link)
  await connected()
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(server.callsOf('getUpdates').length <= 12, `${server.callsOf('getUpdates').length} polls`)
})

test('an edit that changes the words is a message of its own, marked; any other is passed over', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  channel.start(link)
  const message = server.say('What is te?')
  await texts(1)
  server.edit(message, { text: 'What is te?' })
  server.edit(message, { text: 'What is tea?' })
  server.edit(message, { text: 'What is tea?' })
  server.say('Thanks')
  assert.deepEqual(await texts(3), ['What is te?', '[edited]\nWhat is tea?', 'Thanks'])
  assert.deepEqual(link.received[1]?.route, { replyTo: String(message.message_id) })
})

test('a mention that is put in later addresses the message', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  const chat = { id: -1007, type: 'supergroup', title: 'Tea' } as const
  channel.start(link)
  const message = server.say('hello', { chat })
  await texts(1)
  assert.equal(link.received[0]?.isAddressed, false)
  server.edit(message, { text: '@demo_bot hello', entities: [{ type: 'mention', offset: 0, length: 9 }] })
  await texts(2)
  assert.equal(link.received[1]?.isAddressed, true)
})

test('a group that becomes a supergroup takes its conversation along', async (t) => {
  const { server, link, channel, texts } = await telegramStage(t)
  channel.start(link)
  server.say(undefined, { chat: { id: -4321, type: 'group', title: 'Tea' }, migrate_to_chat_id: -1_001_234 })
  server.say('Hello', { chat: { id: -1_001_234, type: 'supergroup', title: 'Tea' }, from: alice })
  await texts(1)
  assert.deepEqual(link.moved, ['-4321 to -1001234'])
  assert.equal(link.received[0]?.chatId, '-1001234')
})
