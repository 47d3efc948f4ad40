import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { slackStage } from '../support/slack-stage.ts'
import { no, tooMany } from '../support/slack-web-methods.ts'

test('a direct message arrives with the sender’s name and is acknowledged', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  server.say({ channel: 'D1', text: 'R&amp;D &lt;3', ts: '1700000000.000100' })
  await texts(1)
  await acknowledged()
  assert.deepEqual(link.received, [
    {
      updateId: 'D1:1700000000.000100',
      chatId: 'D1',
      route: {},
      kind: 'direct',
      roomId: null,
      isAddressed: true,
      at: 1_700_000_000_000,
      from: { id: 'U1', name: 'Ada', isBot: false },
      text: 'R&D <3',
      quoted: [],
    },
  ])
})

test('a mention that comes as message and as app_mention is one message', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  server.mention({ channel: 'C1', text: 'hello <@U2>', thread: '1690000000.000100' })
  assert.deepEqual(await texts(1), ['hello @Bob Babbage'])
  await acknowledged()
  assert.equal(link.received.length, 1)
  assert.equal(link.received[0]?.isAddressed, true)
  assert.deepEqual(link.received[0]?.route, { threadTs: '1690000000.000100' })
})

test('nothing is acknowledged before it is stored, and a slow store holds no other envelope up', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t)
  const slow = Promise.withResolvers<void>()
  link.beforeStore = (message) => (message.text === 'slow' ? slow.promise : Promise.resolve())
  channel.start(link)
  await connected()
  const first = server.say({ channel: 'D1', text: 'slow' })
  const others = ['a', 'b', 'c'].map((text) => server.say({ channel: 'D1', text }))
  await eventually('the others', () =>
    others.every(({ isAcknowledged }) => isAcknowledged) ? true : undefined,
  )
  // It is sent again before the store is done, and is one message all the same.
  await eventually('a retry', () => (first.attempts >= 2 ? true : undefined))
  assert.equal(first.isAcknowledged, false)
  slow.resolve()
  await eventually('the slow one', () => first.isAcknowledged || undefined)
  assert.deepEqual(await texts(4), ['a', 'b', 'c', 'slow'])
})

test('an event that could not be stored is not acknowledged, comes again and is stored then', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  let failures = 2
  link.beforeStore = () => (failures-- > 0 ? Promise.reject(new Error('disk full')) : Promise.resolve())
  channel.start(link)
  await connected()
  const delivery = server.say({ channel: 'D1', text: 'hello' })
  assert.deepEqual(await texts(1), ['hello'])
  await acknowledged()
  assert.equal(delivery.attempts, 3)
  assert.ok(link.logged.some((line) => line.includes('slack event not stored')))
})

test('an event first seen as a retry is received', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  const delivery = server.say({ channel: 'D1', text: 'said while nobody was there' })
  delivery.attempts = 2
  channel.start(link)
  await connected()
  assert.equal((await texts(1)).length, 1)
  await acknowledged()
  assert.equal(delivery.attempts, 3)
})

test('the same event five times at once, under other ids too, is one message', async (t) => {
  const { server, link, channel, connected, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  for (let i = 0; i < 5; i++) server.mention({ channel: 'C1', text: 'hello', ts: '1700000000.000100' })
  await acknowledged()
  assert.equal(link.received.length, 1)
  assert.equal(link.calls, 10)
})

test('messages of one chat stay in their order, whoever’s name is looked up', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t)
  for (let i = 10; i < 60; i++) server.workspace.users.set(`U${i}`, { name: `user${i}` })
  channel.start(link)
  await connected()
  const said = Array.from({ length: 50 }, (_, i) => `word ${i}`)
  said.forEach((text, i) => {
    // Every other sender is new, the others are known after the first.
    server.say({ channel: 'C1', text, user: i % 2 === 0 ? 'U1' : `U${10 + i}` })
  })
  assert.deepEqual(await texts(50), said)
})

test('a name that is slow to come delays nothing beyond its limit, and is there for the next message', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t, { timings: { callMs: 30_000 } })
  channel.start(link)
  await connected()
  server.isBlackHole = true
  const at = performance.now()
  server.say({ channel: 'D1', text: 'one' })
  await texts(1)
  assert.ok(performance.now() - at < 8_000)
  assert.equal(link.received[0]?.from.name, 'U1')
  server.isBlackHole = false
})

test('names are asked for once, and a refusal is not asked for again', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t)
  server.answer('users.info', no('missing_scope', { needed: 'users:read' }))
  channel.start(link)
  await connected()
  server.say({ channel: 'D1', text: 'one' })
  server.say({ channel: 'D1', text: 'two' })
  await texts(2)
  server.say({ channel: 'D1', text: 'three' })
  server.say({ channel: 'D2', text: 'four', user: 'U2' })
  server.say({ channel: 'D2', text: 'five', user: 'U2' })
  await texts(5)
  assert.deepEqual(
    link.received.map(({ from }) => from.name),
    ['U1', 'U1', 'U1', 'Bob Babbage', 'Bob Babbage'],
  )
  assert.equal(server.callsOf('users.info').length, 2)
})

test('a limit on names is heeded for all of them', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t)
  server.answer('users.info', tooMany(30))
  channel.start(link)
  await connected()
  server.say({ channel: 'D1', text: 'one' })
  await texts(1)
  for (let i = 0; i < 10; i++) server.say({ channel: 'C1', text: `more ${i}`, user: `U${100 + i}` })
  await texts(11)
  assert.equal(server.callsOf('users.info').length, 1)
})

test('our own messages, joins and edits are acknowledged and left out; bots are marked', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  server.say({ channel: 'C1', text: 'me', user: 'U0BOT', more: { bot_id: 'B0BOT' } })
  server.say({ channel: 'C1', text: 'joined', more: { subtype: 'channel_join' } })
  server.say({ channel: 'C1', text: '', more: { subtype: 'message_changed', message: { text: 'new' } } })
  server.say({ channel: 'C1', text: 'beep', user: 'U8', more: { bot_id: 'B8' } })
  server.sockets.dispatch({ type: 'app_rate_limited', team_id: 'T0TEAM' })
  server.sockets.dispatch({})
  assert.deepEqual(await texts(1), ['beep'])
  await acknowledged()
  assert.equal(link.received[0]?.from.isBot, true)
})
