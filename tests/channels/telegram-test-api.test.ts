import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { TelegramServer } from 'telegram-test-api/lib/telegramServer.js'
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts'
import { startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { quickTimings } from '../support/telegram-channel.ts'

// Somebody else's idea of the Bot API: it holds no polls, forgets what it has handed over once, and knows no bot named otherwise.
const token = '123:sampleToken'
const botName = 'TestNameBot'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

async function emulator(t: TestContext) {
  const server = new TelegramServer({ port: await freePort(), host: '127.0.0.1' })
  await server.start()
  t.after(() => server.stop())
  const { store, close } = await openTestStore()
  const hub = await startHub({
    store,
    create: () =>
      createTelegramChannel(
        { botToken: token, apiRoot: `${server.config.apiURL}/`, textChunkLimit: 4096 },
        quickTimings,
      ),
  })
  t.after(async () => {
    await hub.close()
    await close()
  })
  const posted = () => server.storage.botMessages.map(({ message }) => message)
  return {
    server,
    hub,
    posts: (count: number) =>
      eventually(`${count} posts`, () => (posted().length >= count ? posted() : undefined)),
  }
}

test('a person is answered over an emulator by others, in order and once', async (t) => {
  const { server, posts } = await emulator(t)
  const client = server.getClient(token)
  for (const text of ['one', 'two', 'three']) await client.sendMessage(client.makeMessage(text))
  const texts = (await posts(3)).map(({ text }) => text)
  assert.deepEqual(
    texts.map((text) => /echo of (\w+)/.exec(text)?.[1]),
    ['one', 'two', 'three'],
  )
})

test('a group is answered where the bot is mentioned, in reply', async (t) => {
  const { server, posts } = await emulator(t)
  const client = server.getClient(token, { type: 'supergroup', chatId: -100_777, chatTitle: 'Tea' })
  await client.sendMessage(client.makeMessage('not for you'))
  const text = `@${botName} for you`
  const entities = [{ type: 'mention' as const, offset: 0, length: botName.length + 1 }]
  await client.sendMessage(client.makeMessage(text, { entities }))
  const [post] = await posts(1)
  assert.match(post?.text ?? '', /echo of for you/)
  assert.equal(Number(post?.chat_id), -100_777)
  assert.ok(post && 'reply_parameters' in post)
})

test('a command is answered, and a long answer comes in parts', async (t) => {
  const { server, posts } = await emulator(t)
  const client = server.getClient(token)
  const words = Array.from({ length: 1_000 }, (_, i) => `word${i}`).join(' ')
  await client.sendCommand(client.makeCommand(`/say ${words}`))
  const texts = (await posts(2)).map(({ text }) => text)
  assert.ok(texts.every((text) => text.length <= 4096))
  assert.equal(texts.join(' ').match(/word\d+/g)?.length, 1_000)
})
