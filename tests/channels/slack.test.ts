import { createSlackChannel } from '../../src/channels/slack/channel.ts'
import { channelContract, type PlatformDriver } from '../contracts/channel.ts'
import { SlackServer } from '../support/slack-server.ts'
import { quickTimings } from '../support/slack-stage.ts'
import { tooMany } from '../support/slack-web-methods.ts'

channelContract({ name: 'slack', start })

async function start(): Promise<PlatformDriver> {
  const server = await SlackServer.start({ ackMs: 300, pingMs: 100 })
  const { workspace, sockets } = server
  const room = 'C1'
  for (let person = 0; person < 20; person++) {
    workspace.users.set(`U9${person}`, { name: `person${person}` })
    workspace.rooms.set(`D9${person}`, { user: `U9${person}` })
  }
  let moving = Promise.resolve()
  return {
    createChannel: () => createSlackChannel(server.settings, { timings: quickTimings }),
    chatOf: (person) => `D9${person}`,
    say(person, text) {
      const chatId = `D9${person}`
      server.say({ channel: chatId, user: `U9${person}`, text })
      return Promise.resolve({ chatId })
    },
    sayInRoom(person, text, { mention }) {
      const saying = { channel: room, user: `U9${person}`, text }
      if (mention) server.mention(saying)
      else server.say(saying)
      return Promise.resolve({ chatId: room })
    },
    sayAsBot(text) {
      server.mention({ channel: room, user: 'U8', text, more: { bot_id: 'B8', app_id: 'A8' } })
      return Promise.resolve({ chatId: room })
    },
    tellAgain() {
      const last = sockets.deliveries.findLast(({ payload }) => !JSON.stringify(payload).includes('B0BOT'))
      if (last) sockets.dispatch(last.payload)
      return Promise.resolve()
    },
    posted: (chatId) => workspace.posts.filter((post) => post.channel === chatId).map(({ text }) => text),
    // Slack shows no typing for bots over Socket Mode.
    typingShown: () => 1,
    refuseNext(count, how) {
      const answer = how === 'limited' ? tooMany(1) : { status: 503, body: 'broken' }
      server.answer('chat.postMessage', answer, count)
    },
    vanish() {
      moving = moving.then(() => server.down())
    },
    comeBack() {
      moving = moving.then(() => server.up())
    },
    unknownChat: 'C404404',
    partMax: 4000,
    [Symbol.asyncDispose]: async () => {
      await moving
      await server[Symbol.asyncDispose]()
      if (workspace.violations.length > 0) throw new Error(workspace.violations.join('\n'))
    },
  }
}
