import { channelContract, type PlatformDriver } from '../contracts/channel.ts'
import { SimpleChannel, simpleLimit } from '../support/simple-channel.ts'
import { startSimplePlatform } from '../support/simple-platform.ts'

channelContract({ name: 'telegram', start })

async function start(): Promise<PlatformDriver> {
  const platform = await startSimplePlatform()
  const room = 'room-1'
  const refusals: ('limited' | 'broken')[] = []
  let last: Parameters<typeof platform.say>[0] | undefined
  const say = (update: Parameters<typeof platform.say>[0]) => {
    const updateId = platform.say(update)
    last = { ...update, updateId }
    return Promise.resolve({ chatId: update.chatId })
  }
  platform.take = ({ chatId }) => {
    if (chatId === 'nowhere') return { status: 400, body: { error: 'chat not found' } }
    const refusal = refusals.shift()
    if (refusal === undefined) return 'take'
    return refusal === 'limited'
      ? { status: 429, body: { error: 'slow down', retryAfterMs: 100 } }
      : { status: 500, body: { error: 'broken' } }
  }
  return {
    createChannel: () => new SimpleChannel(platform.url),
    chatOf: (person) => `chat-${person}`,
    say: (person, text) => say({ chatId: `chat-${person}`, userId: `person-${person}`, text }),
    sayInRoom: (person, text, { mention }) =>
      say({
        chatId: room,
        userId: `person-${person}`,
        text,
        group: { roomId: room, isAddressed: mention },
      }),
    sayAsBot: (text) =>
      say({ chatId: room, userId: 'bot-1', isBot: true, text, group: { roomId: room, isAddressed: true } }),
    tellAgain() {
      if (last) platform.say(last)
      return Promise.resolve()
    },
    posted: (chatId) => platform.posted.filter((post) => post.chatId === chatId).map(({ text }) => text),
    typingShown: (chatId) => platform.typing.filter((one) => one === chatId).length,
    refuseNext(count, how) {
      for (let i = 0; i < count; i++) refusals.push(how)
    },
    vanish: () => platform.away(true),
    comeBack: () => platform.away(false),
    unknownChat: 'nowhere',
    partMax: simpleLimit,
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  }
}
