import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DigitalDiscord } from 'discord-digital-twin'
import { createDiscordChannel } from '../../src/channels/discord/channel.ts'
import { sendMessage } from '../../src/domain/channels/send-message.ts'
import { startHub } from '../support/channel-hub.ts'
import { fastTimings } from '../support/discord-channel.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'

// Somebody else's idea of Discord: it knows no RESUME, keeps no sessions, ignores nonces, and lists a history oldest first.
async function emulator(t: TestContext) {
  const twin = new DigitalDiscord({
    channels: [{ name: 'general', type: 0 }],
    users: [{ username: 'ada' }],
    dbUrl: ':memory:',
  })
  const stack = new AsyncDisposableStack()
  t.after(() => stack.disposeAsync())
  await twin.start()
  stack.defer(() => twin.stop())
  const userId = await twin.getFirstNonBotUserId()
  const [channel] = await twin.prisma.channel.findMany()
  assert.ok(userId && channel)
  const { store, close } = await openTestStore()
  stack.defer(close)
  const rooms = { [twin.guildId]: { requireMention: true } }
  const start = async () =>
    stack.use(
      await startHub({
        store,
        name: 'discord',
        access: { rooms },
        create: () =>
          createDiscordChannel({ token: twin.botToken, apiRoot: twin.restUrl, guilds: rooms }, fastTimings),
      }),
    )
  const texts = async () =>
    (await twin.channel(channel.id).getMessages())
      .filter(({ author }) => author.id === twin.botUserId)
      .map(({ content }) => content)
  return {
    twin,
    chatId: channel.id,
    start,
    say: (content: string) => twin.channel(channel.id).user(userId).sendMessage({ content }),
    posts: (count: number) =>
      eventually(`${count} posts`, async () => {
        const posted = await texts()
        return posted.length >= count ? posted : undefined
      }),
  }
}

function echoes(texts: readonly string[]): readonly (string | undefined)[] {
  return texts.map((text) => /echo of (\w+)/.exec(text)?.[1])
}

test('people are answered over an emulator by others: in order, once, and only where they mention the bot', async (t) => {
  const { twin, start, say, posts } = await emulator(t)
  const hub = await start()
  await eventually('the link', () =>
    hub.hub.find('discord')?.health.status === 'connected' ? true : undefined,
  )
  await say('nothing for the bot')
  for (const word of ['one', 'two', 'three']) await say(`<@${twin.botUserId}> ${word}`)
  assert.deepEqual(echoes(await posts(3)), ['one', 'two', 'three'])
})

test('what was said while the gateway was away is answered from the history', async (t) => {
  const { twin, start, say, posts } = await emulator(t)
  const connected = async (hub: Awaited<ReturnType<typeof start>>) => {
    await eventually('the link', () =>
      hub.hub.find('discord')?.health.status === 'connected' ? true : undefined,
    )
  }
  const first = await start()
  await connected(first)
  await say(`<@${twin.botUserId}> before`)
  await posts(1)
  await first.close()
  for (const word of ['while', 'away']) await say(`<@${twin.botUserId}> ${word}`)
  const second = await start()
  await connected(second)
  await posts(3)
  await say(`<@${twin.botUserId}> after`)
  assert.deepEqual(echoes(await posts(4)), ['before', 'while', 'away', 'after'])
})

test('an application sends a long text in parts that fit, and is told of a channel that is none', async (t) => {
  const { chatId, start, posts } = await emulator(t)
  const hub = await start()
  const message = Array.from({ length: 900 }, (_, n) => `word${n}`).join(' ')
  const sent = await sendMessage(hub.request(), { channel: 'discord', chatId, message })
  const texts = await posts(sent.externalIds.length)
  assert.ok(texts.length >= 3 && texts.every((text) => text.length <= 2000))
  assert.equal(texts.join(' '), message)
  const nowhere = { channel: 'discord', chatId: '999999999999999999', message }
  await assert.rejects(sendMessage(hub.request(), nowhere), { code: 'invalid_request' })
})
