import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DiscordBench } from '../support/discord-channel.ts'
import { eventually } from '../support/eventually.ts'

describe('a login that cannot work', () => {
  it('a refused token is named with its remedy, tried seldom, and never shown', async () => {
    await using bench = await DiscordBench.start()
    bench.run({ token: 'not-the-token-of-the-bot' })
    const { reason, remedy } = await bench.link.untilDisconnected()
    assert.match(reason, /token/)
    assert.match(remedy ?? '', /channels\.discord\.token/)
    assert.equal(bench.server.gateway.made, 0)
    assert.equal(bench.server.calls.length, 1)
    const shown = JSON.stringify([bench.link.events, bench.link.lines])
    assert.ok(!shown.includes('not-the-token'))
  })

  for (const [code, reason, remedy] of [
    [4004, /token/, /Reset Token/],
    [4010, /shard/, /Report/],
    [4011, /too many servers/, /2,500/],
    [4012, /version 10/, /Update/],
    [4013, /intents/, /Update/],
    [4014, /Message Content/, /Enable the Message Content intent in the developer portal/],
  ] as const) {
    it(`the close code ${code} is told with what to do, and not hammered at`, async () => {
      await using bench = await DiscordBench.start()
      bench.server.gateway.refusesIdentify = code
      bench.run()
      const told = await bench.link.untilDisconnected()
      assert.match(told.reason, reason)
      assert.match(told.remedy ?? '', remedy)
      assert.equal(bench.server.gateway.made, 1)
      // A second try comes, after its time, and works once the person has mended it.
      bench.server.gateway.refusesIdentify = undefined
      const since = performance.now()
      await bench.link.untilConnected()
      assert.ok(performance.now() - since > 200, 'it was tried again at once')
      assert.equal(bench.server.gateway.frames(2).length, 2)
    })
  }

  it('a missing intent is found by Discord itself, and enabling it is enough', async () => {
    await using bench = await DiscordBench.start()
    bench.server.gateway.allowsMessageContent = false
    bench.run()
    const { remedy } = await bench.link.untilDisconnected()
    assert.match(remedy ?? '', /Message Content/)
    bench.server.gateway.allowsMessageContent = true
    await bench.link.untilConnected()
  })

  it('an address where no Discord is says so', async () => {
    await using bench = await DiscordBench.start()
    bench.run({ apiRoot: bench.server.apiRoot.replace('/api', '/elsewhere') })
    const { remedy } = await bench.link.untilDisconnected()
    assert.match(remedy ?? '', /channels\.discord\.apiRoot/)
  })

  it('a token copied with the word Bot before it is understood', async () => {
    await using bench = await DiscordBench.start()
    bench.run({ token: `Bot ${bench.server.token}` })
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(2).length, 1)
  })

  it('a platform that answers 500 or nothing at all is waited for', async () => {
    await using bench = await DiscordBench.start()
    bench.server.fault = () => ({
      status: 502,
      body: '<html>bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    })
    bench.run()
    assert.match((await bench.link.untilDisconnected()).reason, /502/)
    await eventually('a few tries', () => (bench.server.calls.length > 2 ? true : undefined))
    bench.server.fault = () => ({ fault: 'cut' })
    await eventually('a few more tries', () => (bench.server.calls.length > 4 ? true : undefined))
    bench.server.fault = undefined
    await bench.link.untilConnected()
  })
})
