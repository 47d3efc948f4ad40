import type { APIMessage } from 'discord-api-types/v10'
import { createDiscordChannel } from '../../src/channels/discord/channel.ts'
import { channelContract, type PlatformDriver } from '../contracts/channel.ts'
import { fastTimings } from '../support/discord-channel.ts'
import { DiscordServer } from '../support/discord-server.ts'
import { botUser, userOf } from '../support/discord-world.ts'

channelContract({ name: 'discord', start })

async function start(): Promise<PlatformDriver> {
  const server = await DiscordServer.start()
  const { world, gateway, token, apiRoot } = server
  const guildId = world.addGuild()
  const room = world.addChannel(guildId)
  const people = Array.from({ length: 20 }, (_, person) => ({
    author: userOf(`10720000000000000${person + 10}`, `person${person}`),
    chatId: world.addChannel(null),
  }))
  const of = (person: number) => people[person] ?? { author: botUser, chatId: '' }
  let last: APIMessage | undefined
  let moving = Promise.resolve()
  const said = (message: APIMessage) => {
    last = message
    return Promise.resolve({ chatId: message.channel_id })
  }
  const mentioning = { mentions: [botUser] }
  return {
    createChannel: () => createDiscordChannel({ token, apiRoot, guilds: { '*': {} } }, fastTimings),
    chatOf: (person) => of(person).chatId,
    say: (person, content) => said(server.say(of(person).chatId, { content, author: of(person).author })),
    sayInRoom(person, text, { mention }) {
      const content = mention ? `<@${botUser.id}> ${text}` : text
      return said(server.say(room, { content, author: of(person).author, ...(mention ? mentioning : {}) }))
    },
    sayAsBot(text) {
      const author = userOf('1073000000000000001', 'another', { bot: true })
      return said(server.say(room, { content: `<@${botUser.id}> ${text}`, author, ...mentioning }))
    },
    tellAgain() {
      if (last) gateway.dispatch('MESSAGE_CREATE', world.told(last))
      return Promise.resolve()
    },
    posted: (chatId) => server.posted(chatId).map(({ content }) => content),
    typingShown: (chatId) => server.calls.filter(({ path }) => path === `/channels/${chatId}/typing`).length,
    refuseNext(count, how) {
      let left = count
      server.fault = (method, path) => {
        if (method !== 'POST' || !path.endsWith('/messages') || left-- <= 0) return undefined
        const limited = { message: 'You are being rate limited.', retry_after: 0.3, global: false }
        return how === 'broken'
          ? { status: 503, body: 'upstream connect error', headers: { 'content-type': 'text/plain' } }
          : { status: 429, body: limited, headers: { 'retry-after': '1', 'x-ratelimit-scope': 'shared' } }
      }
    },
    vanish() {
      moving = moving.then(() => server.down())
    },
    comeBack() {
      moving = moving.then(() => server.up())
    },
    unknownChat: '999999999999999999',
    partMax: 2000,
    [Symbol.asyncDispose]: async () => {
      await moving
      await server[Symbol.asyncDispose]()
      if (gateway.violations.length > 0) throw new Error(gateway.violations.join('\n'))
    },
  }
}
