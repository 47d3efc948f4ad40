import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChannelSubject } from '../../contracts/channel.ts'
import { isConnected, stage, statusIs } from './setup.ts'

/** What every channel must tell of its link. */
export function statusContract(subject: ChannelSubject): void {
  describe('the status', () => {
    it('is connected with a proof, and disconnected with a reason when the platform vanishes', async (t) => {
      const { platform, hub } = await stage(t, subject)
      const health = () => hub.hub.find(subject.name)?.health
      assert.equal(typeof health()?.lastProofAt, 'number')
      platform.vanish()
      await statusIs(hub.hub, subject.name, 'disconnected')
      assert.ok((health()?.lastError ?? '').length > 5)
      platform.comeBack()
      await isConnected(hub, subject)
    })

    it('comes back with everything that was said and answered meanwhile, in order', async (t) => {
      const { platform, hub, posts } = await stage(t, subject)
      await platform.say(0, 'first')
      await posts(platform.chatOf(0), 1)
      platform.vanish()
      await statusIs(hub.hub, subject.name, 'disconnected')
      await platform.say(0, 'second')
      await platform.say(0, 'third')
      platform.comeBack()
      const texts = await posts(platform.chatOf(0), 3)
      assert.deepEqual(
        texts.map((text) => /first|second|third/.exec(text)?.[0]),
        ['first', 'second', 'third'],
      )
    })

    it('ends within five seconds when the channel is stopped, twice too', async (t) => {
      const { platform } = await stage(t, subject)
      const channel = await platform.createChannel()
      const at = performance.now()
      await channel.stop()
      await channel.stop()
      assert.ok(performance.now() - at < 5_000)
    })
  })
}
