import assert from 'node:assert/strict'
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts'
import { channelContract, type PlatformDriver } from '../contracts/channel.ts'
import { quickTimings } from '../support/telegram-channel.ts'
import { fakeBot, startTelegramServer } from '../support/telegram-server.ts'
import { refused, type WaitingUpdate } from '../support/telegram-state.ts'

channelContract({ name: 'telegram', start })

async function start(): Promise<PlatformDriver> {
  const server = await startTelegramServer()
  const group = { id: -100_777, type: 'supergroup', title: 'Tea party' } as const
  const personOf = (person: number) => ({ id: 1_000 + person, first_name: `Person ${person}`, is_bot: false })
  const mention = (text: string) => ({
    text: `@${fakeBot.username} ${text}`,
    entities: [{ type: 'mention' as const, offset: 0, length: fakeBot.username.length + 1 }],
  })
  let last: WaitingUpdate | undefined
  const say = (text: string, draft: Parameters<typeof server.say>[1]) => {
    const { chat } = server.say(text, draft)
    last = server.state.updates.at(-1)
    return Promise.resolve({ chatId: String(chat.id) })
  }
  // A person has pressed Start in a direct chat before the bot may write there.
  for (let person = 0; person < 20; person++) {
    server.state.chats.set(1_000 + person, { id: 1_000 + person, type: 'private' })
  }
  return {
    createChannel: () =>
      createTelegramChannel(
        { botToken: server.token, apiRoot: server.url, textChunkLimit: 4096 },
        quickTimings,
      ),
    chatOf: (person) => String(1_000 + person),
    say: (person, text) => say(text, { from: personOf(person) }),
    sayInRoom: (person, text, { mention: isMention }) =>
      say(text, { from: personOf(person), chat: group, ...(isMention ? mention(text) : {}) }),
    sayAsBot: (text) =>
      say(text, {
        from: { id: 5_555, first_name: 'Other', is_bot: true },
        chat: group,
        ...mention(text),
      }),
    tellAgain() {
      assert.ok(last)
      // With a number that a higher offset does not hold back.
      server.push(last)
      return Promise.resolve()
    },
    posted: (chatId) => server.taken.filter((one) => String(one.chatId) === chatId).map(({ text }) => text),
    typingShown: (chatId) =>
      server.callsOf('sendChatAction').filter(({ params }) => String(params.chat_id) === chatId).length,
    refuseNext(count, how) {
      const limited = {
        ...refused(429, 'Too Many Requests: retry after 1'),
        parameters: { retry_after: 1 },
      }
      const fault = how === 'limited' ? limited : refused(500, 'Internal Server Error')
      server.next('sendMessage', ...Array.from({ length: count }, () => fault))
    },
    vanish: () => server.vanish(),
    comeBack: () => server.comeBack(),
    unknownChat: '987654321',
    partMax: 4096,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
