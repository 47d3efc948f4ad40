import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordServer } from '../support/discord-server.ts'
import { userOf } from '../support/discord-world.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { SlackServer } from '../support/slack-server.ts'
import { startTelegramServer } from '../support/telegram-server.ts'
import { useHome } from './support.ts'

// For the record: OPENCLAW_TEST_KILL_ROUNDS=20 OPENCLAW_TEST_KILL_MESSAGES=100 npx node --test tests/channels/kill-platforms.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 2)
const messages = Number(process.env.OPENCLAW_TEST_KILL_MESSAGES ?? 40)
const chats = 10

/** One fake platform as this test uses it. */
interface Platform {
  readonly name: string
  say(chat: number, text: string): void
  /** Texts of our bot that stand in a chat, in order. */
  posted(chat: number): readonly string[]
}

async function startTelegram(stack: AsyncDisposableStack) {
  const server = stack.use(await startTelegramServer())
  for (let chat = 0; chat < chats; chat++) {
    server.state.chats.set(1_000 + chat, { id: 1_000 + chat, type: 'private' })
  }
  const platform: Platform = {
    name: 'telegram',
    say: (chat, text) =>
      void server.say(text, { from: { id: 1_000 + chat, first_name: `Person ${chat}`, is_bot: false } }),
    posted: (chat) => server.taken.filter((one) => one.chatId === 1_000 + chat).map(({ text }) => text),
  }
  return { platform, section: { botToken: server.token, apiRoot: server.url } }
}

async function startDiscord(stack: AsyncDisposableStack) {
  const server = stack.use(await DiscordServer.start())
  const people = Array.from({ length: chats }, (_, chat) => ({
    author: userOf(`10720000000000000${chat + 10}`, `person${chat}`),
    chatId: server.world.addChannel(null),
  }))
  const platform: Platform = {
    name: 'discord',
    say(chat, content) {
      const person = people[chat]
      if (person) server.say(person.chatId, { content, author: person.author })
    },
    posted: (chat) => server.posted(people[chat]?.chatId ?? '').map(({ content }) => content),
  }
  return { platform, section: { token: server.token, apiRoot: server.apiRoot } }
}

async function startSlack(stack: AsyncDisposableStack) {
  const server = stack.use(await SlackServer.start({ ackMs: 3_000, pingMs: 1_000 }))
  const { workspace } = server
  for (let chat = 0; chat < chats; chat++) {
    workspace.users.set(`U9${chat}`, { name: `person${chat}` })
    workspace.rooms.set(`D9${chat}`, { user: `U9${chat}` })
  }
  const platform: Platform = {
    name: 'slack',
    say: (chat, text) => void server.say({ channel: `D9${chat}`, user: `U9${chat}`, text }),
    posted: (chat) =>
      workspace.posts.filter(({ channel }) => channel === `D9${chat}`).map(({ text }) => text),
  }
  return { platform, section: server.settings }
}

test(`kill -9 under load, ${rounds} times, on Telegram, Discord and Slack at once: each message is answered`, {
  timeout: 900_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const started = [await startTelegram(stack), await startDiscord(stack), await startSlack(stack)]
  const channels = Object.fromEntries(
    started.map(({ platform, section }) => [
      platform.name,
      { ...section, dmPolicy: 'open', allowFrom: ['*'] },
    ]),
  )
  const platforms = started.map(({ platform }) => platform)
  let random = 7
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647
    return random / 2_147_483_647
  }
  const said = new Map<string, string[]>(platforms.map(({ name }) => [name, []]))
  let asked = 0
  for (let round = 0; round < rounds; round++) {
    const gateway = await startGateway({ home, config: { channels } })
    // What is said on Discord to a bot that has never been there is told to nobody.
    if (round === 0) await eventually('all to be connected', () => allConnected(gateway), 20_000)
    const load = (async () => {
      for (let i = 0; i < messages; i++) {
        for (const platform of platforms) {
          const text = `m${String(asked).padStart(5, '0')}`
          platform.say(asked % chats, `echo ${text}`)
          said.get(platform.name)?.push(text)
        }
        asked++
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    await new Promise((resolve) => setTimeout(resolve, 300 + 1_500 * next()))
    gateway.child.kill('SIGKILL')
    await gateway.exited
    await load
  }
  const last = await startGateway({ home, config: { channels } })
  stack.defer(() => last.stop())
  const allOf = (platform: Platform) =>
    Array.from({ length: chats }, (_, chat) => platform.posted(chat)).flat()
  for (const platform of platforms) {
    const wanted = said.get(platform.name) ?? []
    const missing = (): readonly string[] => {
      const posted = new Set(allOf(platform))
      return wanted.filter((text) => !posted.has(text))
    }
    await eventually(
      `every answer on ${platform.name}`,
      () => (missing().length === 0 ? true : undefined),
      180_000,
    ).catch((error: unknown) => {
      t.diagnostic(
        `${platform.name}: ${missing().length} missing, such as ${missing().slice(0, 5).join(' ')}`,
      )
      throw error
    })
    const all = allOf(platform)
    const twice = all.length - new Set(all).size
    t.diagnostic(`${platform.name}: ${wanted.length} messages, all answered, ${twice} parts twice`)
    assert.equal(new Set(all).size, wanted.length)
    // Of each kill at most what was on its way at that moment: one part a chat; where nonces are known, none.
    assert.ok(twice <= (platform.name === 'discord' ? 0 : rounds * chats), `${twice} twice`)
    if (platform.name !== 'telegram') continue
    for (let chat = 0; chat < chats; chat++) {
      const texts = platform.posted(chat)
      assert.deepEqual(texts, texts.toSorted(), 'the order of a chat is kept')
    }
  }
})

async function allConnected(gateway: RunningGateway): Promise<true | undefined> {
  const body: unknown = await (await gateway.call('GET', '/health/detail')).json()
  const statuses = ['telegram', 'discord', 'slack'].map((name) => at(body, 'channels', name, 'status'))
  return statuses.every((status) => status === 'connected') ? true : undefined
}
