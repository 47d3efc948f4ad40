import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sendMessage } from '../../../src/domain/channels/send-message.ts'
import { GatewayError } from '../../../src/domain/errors.ts'
import type { ChannelSubject } from '../../contracts/channel.ts'
import { stage } from './setup.ts'

const words = (count: number): string =>
  Array.from({ length: count }, (_, i) => `word${String(i).padStart(5, '0')}`).join(' ')

/** What every channel must do with what goes out. */
export function postingContract(subject: ChannelSubject): void {
  describe('what goes out', () => {
    it('stands in the chat when an application is told so, with the platform’s id', async (t) => {
      const { platform, hub } = await stage(t, subject)
      const { name: channel } = subject
      const chatId = platform.chatOf(3)
      const sent = await sendMessage(hub.request(), { channel, chatId, message: 'Hi from afar' })
      assert.deepEqual(platform.posted(chatId), ['Hi from afar'])
      assert.equal(sent.externalIds.length, 1)
      assert.equal(sent.chatId, chatId)
    })

    it('comes in parts that fit, in order, with nothing lost', async (t) => {
      const { platform, hub } = await stage(t, subject)
      const { name: channel } = subject
      const chatId = platform.chatOf(3)
      const message = words(Math.ceil((platform.partMax * 3) / 10))
      const sent = await sendMessage(hub.request(), { channel, chatId, message })
      const texts = platform.posted(chatId)
      assert.ok(texts.length >= 3)
      assert.equal(sent.externalIds.length, texts.length)
      for (const text of texts) assert.ok(text.length <= platform.partMax, `a part of ${text.length}`)
      assert.deepEqual(texts.join(' ').match(/word\d{5}/g), message.split(' '))
    })

    it('comes through, each part once, where the platform asks to wait or fails for a while', async (t) => {
      const { platform, posts } = await stage(t, subject)
      for (const [i, how] of (['limited', 'broken'] as const).entries()) {
        platform.refuseNext(2, how)
        await platform.say(i, `Hello${i}`)
        await posts(platform.chatOf(i), 1)
      }
      await platform.say(5, 'Last')
      await posts(platform.chatOf(5), 1)
      assert.deepEqual(
        [0, 1, 5].map((person) => platform.posted(platform.chatOf(person)).length),
        [1, 1, 1],
      )
    })

    it('is refused as invalid_request for a chat that the platform does not know, and leaves no conversation', async (t) => {
      const { platform, hub } = await stage(t, subject)
      const { name: channel } = subject
      const chatId = platform.unknownChat
      await assert.rejects(sendMessage(hub.request(), { channel, chatId, message: 'Hi' }), (error) => {
        assert.ok(error instanceof GatewayError)
        assert.equal(error.code, 'invalid_request')
        return true
      })
      assert.equal(await hub.parts.store.channels.chats.conversation({ channel, chatId }), undefined)
    })
  })
}
