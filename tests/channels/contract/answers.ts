import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChannelSubject } from '../../contracts/channel.ts'
import { echoProvider } from '../../support/channel-hub.ts'
import { eventually } from '../../support/eventually.ts'
import { ScriptedProvider } from '../../support/scripted-provider.ts'
import { stage } from './setup.ts'

/** What every channel must do with what people write. */
export function answersContract(subject: ChannelSubject): void {
  describe('what people write', () => {
    it('is answered once in its own chat, with typing shown first', async (t) => {
      const provider = echoProvider()
      const { script } = provider
      const shown = Promise.withResolvers<void>()
      provider.script = async function* (turn, signal) {
        await shown.promise
        yield* script(turn, signal)
      }
      const { platform, posts } = await stage(t, subject, { provider })
      const chatId = platform.chatOf(0)
      await platform.say(0, 'Hello')
      // A quick answer ends the showing before it has begun.
      await eventually('the typing', () => platform.typingShown(chatId) >= 1 || undefined).finally(
        shown.resolve,
      )
      const texts = await posts(chatId, 1)
      assert.equal(texts.length, 1)
      assert.match(texts[0] ?? '', /echo of Hello/)
    })

    it('is answered once where the platform tells of it again', async (t) => {
      const { platform, posts, hub } = await stage(t, subject)
      await platform.say(0, 'Hello')
      await posts(platform.chatOf(0), 1)
      await platform.tellAgain()
      await platform.say(1, 'Next')
      await posts(platform.chatOf(1), 1)
      assert.equal(platform.posted(platform.chatOf(0)).length, 1)
      assert.equal(hub.provider.asked.length, 2)
    })

    it('is answered in its order, one turn at a time', async (t) => {
      const { platform, posts } = await stage(t, subject)
      for (let i = 0; i < 5; i++) await platform.say(0, `word${i}`)
      const texts = await posts(platform.chatOf(0), 5)
      texts.forEach((text, i) => {
        assert.match(text, new RegExp(`echo of word${i}`))
      })
    })

    it('is answered although it came while nobody was there', async (t) => {
      const { platform, posts, stop, start } = await stage(t, subject)
      await platform.say(0, 'before')
      await posts(platform.chatOf(0), 1)
      await stop()
      await platform.say(0, 'between')
      await start()
      const texts = await posts(platform.chatOf(0), 2)
      assert.match(texts[1] ?? '', /echo of between/)
      await platform.say(0, 'after')
      await posts(platform.chatOf(0), 3)
      assert.equal(platform.posted(platform.chatOf(0)).length, 3)
    })

    it('is answered once where the gateway was stopped in the middle of the turn', async (t) => {
      const provider = echoProvider()
      const script = provider.script
      const asked = Promise.withResolvers<void>()
      provider.script = async function* (_turn, signal) {
        asked.resolve()
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
        yield { type: 'text', text: 'never' }
      }
      const { platform, posts, stop, start } = await stage(t, subject, { provider })
      await platform.say(0, 'Hello')
      await asked.promise
      await stop()
      assert.equal(platform.posted(platform.chatOf(0)).length, 0)
      provider.script = script
      await start()
      assert.match((await posts(platform.chatOf(0), 1))[0] ?? '', /echo of Hello/)
      await platform.say(1, 'Next')
      await posts(platform.chatOf(1), 1)
      assert.equal(platform.posted(platform.chatOf(0)).length, 1)
    })
  })

  describe('what is said in a room', () => {
    it('is answered there where the bot is mentioned, without the mention, and else not', async (t) => {
      const provider = new ScriptedProvider('acme', ['small'], echoProvider().script)
      const rooms = { '*': { requireMention: true } }
      const { platform, posts } = await stage(t, subject, { provider, access: { rooms } })
      await platform.sayInRoom(0, 'not for you', { mention: false })
      const { chatId } = await platform.sayInRoom(0, 'for you', { mention: true })
      const texts = await posts(chatId, 1)
      assert.match(texts[0] ?? '', /echo of for you/)
      assert.deepEqual(
        provider.asked.map(({ turn }) => turn.messages.at(-1)?.content),
        ['for you'],
      )
    })

    it('is not answered where another bot says it', async (t) => {
      const rooms = { '*': { requireMention: false } }
      const { platform, posts, hub } = await stage(t, subject, { access: { rooms } })
      const { chatId } = await platform.sayAsBot('I am a bot too')
      await platform.say(0, 'Hello')
      await posts(platform.chatOf(0), 1)
      assert.equal(hub.provider.asked.length, 1)
      assert.equal(platform.posted(chatId).length, 0)
    })
  })
}
