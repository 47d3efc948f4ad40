import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DiscordServer } from '../support/discord-server.ts'
import { botUser } from '../support/discord-world.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'

// More for the record: OPENCLAW_TEST_KILL_ROUNDS=20 npx node --test tests/channels/discord-gateway.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 2)
const chats = 5

async function setUp(stack: AsyncDisposableStack, more: Readonly<Record<string, unknown>> = {}) {
  const server = stack.use(await DiscordServer.start())
  server.limit = 1000
  const guildId = server.world.addGuild()
  const room = server.world.addChannel(guildId)
  const home = await mkdtemp(join(tmpdir(), 'openclaw-discord-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const discord = {
    token: server.token,
    apiRoot: server.apiRoot,
    dmPolicy: 'open',
    allowFrom: ['*'],
    guilds: { [guildId]: { requireMention: true } },
    ...more,
  }
  const start = async () => {
    const gateway = await startGateway({ home, config: { channels: { discord } } })
    stack.defer(async () => {
      gateway.child.kill('SIGKILL')
      await gateway.exited
    })
    return gateway
  }
  const channel = async (gateway: Awaited<ReturnType<typeof start>>) =>
    at(await (await gateway.call('GET', '/health/detail')).json(), 'channels', 'discord')
  const status = (gateway: Awaited<ReturnType<typeof start>>, wanted: string) =>
    eventually(
      `the channel to be ${wanted}`,
      async () => {
        const health = await channel(gateway)
        return at(health, 'status') === wanted ? health : undefined
      },
      15_000,
    )
  return { server, room, start, status }
}

test(`a gateway killed ${rounds} times, and stopped as often, answers each message on Discord exactly once`, async (t) => {
  await using stack = new AsyncDisposableStack()
  const { server, room, start, status } = await setUp(stack)
  const direct = Array.from({ length: chats }, () => server.world.addChannel(null))
  let said = 0
  const say = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const word = `m${String(said++).padStart(5, '0')}`
      const chat = direct[said % chats]
      if (chat === undefined || n % 7 === 0) {
        server.say(room, { content: `<@${botUser.id}> echo ${word}`, mentions: [botUser] })
      } else server.say(chat, { content: `echo ${word}` })
    }
  }
  let gateway = await start()
  await status(gateway, 'connected')
  for (let round = 0; round < rounds; round++) {
    say(20)
    await new Promise((resolve) => setTimeout(resolve, randomInt(10, 500)))
    gateway.child.kill('SIGKILL')
    await gateway.exited
    say(20)
    if (round % 2 === 1) server.gateway.forgetSessions()
    gateway = await start()
    say(10)
    await status(gateway, 'connected')
    gateway.child.kill('SIGTERM')
    await gateway.exited
    say(10)
    gateway = await start()
  }
  const texts = () => [room, ...direct].flatMap((id) => server.posted(id).map(({ content }) => content))
  await eventually('every answer', () => (new Set(texts()).size >= said ? true : undefined), 120_000)
  await gateway.stop()
  assert.equal(texts().length, said, 'an answer stands twice')
  for (const id of [room, ...direct]) {
    const own = server.posted(id).map(({ content }) => content)
    assert.deepEqual(own, own.toSorted())
  }
  assert.deepEqual(server.gateway.violations, [])
  // A stop keeps the session, a kill too: only those that Discord forgot are begun anew.
  t.diagnostic(
    `${said} messages, ${server.gateway.frames(2).length} sessions, ${server.gateway.made} connections`,
  )
})

test('an application sends over a gateway to Discord; what cannot be is told for what it is', async () => {
  await using stack = new AsyncDisposableStack()
  const { server, room, start, status } = await setUp(stack)
  const gateway = await start()
  await status(gateway, 'connected')
  const send = async (chatId: string, message: string) => {
    const answer = await gateway.call('POST', '/api/v1/send', { channel: 'discord', chatId, message })
    return { status: answer.status, body: await answer.json() }
  }
  const sent = await send(room, '**Hello** @everyone')
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  assert.equal(server.posted(room)[0]?.id, at(sent.body, 'externalIds', 0))
  for (const chatId of ['general', '999999999999999999']) {
    const refused = await send(chatId, 'Hello')
    assert.deepEqual([refused.status, at(refused.body, 'error')], [400, 'invalid_request'])
  }
  server.world.channel(room).refusal = { status: 403, code: 50_001, message: 'Missing Access' }
  const closed = await send(room, 'Hello')
  assert.deepEqual([closed.status, at(closed.body, 'error')], [502, 'channel_error'])
  assert.match(String(at(closed.body, 'message')), /Missing Access/)
  delete server.world.channel(room).refusal
  await server.down()
  await status(gateway, 'disconnected')
  assert.deepEqual([(await send(room, 'Hello')).status], [503])
  await gateway.stop()
})

test('a missing intent leaves the gateway up, and says what to do without the token', async () => {
  await using stack = new AsyncDisposableStack()
  const { server, start, status } = await setUp(stack)
  server.gateway.allowsMessageContent = false
  const gateway = await start()
  const health = await status(gateway, 'disconnected')
  assert.match(String(at(health, 'remedy')), /Message Content/)
  assert.equal((await gateway.call('GET', '/health')).status, 200)
  assert.equal(server.gateway.made, 1)
  assert.ok(!`${JSON.stringify(health)}${gateway.output()}`.includes(server.token))
  await gateway.stop()
})
