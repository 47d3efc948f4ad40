import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DiscordBench, fastTimings } from '../support/discord-channel.ts'
import { eventually } from '../support/eventually.ts'

describe('the link to Discord', () => {
  it('is made with the intents that are needed, and a message in a direct chat comes through it', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.say(bench.direct, { content: 'Hello' })
    assert.deepEqual(await bench.link.untilTexts(1), ['Hello'])
    assert.partialDeepStrictEqual(bench.server.gateway.frames(2)[0]?.d, { intents: 37_377 })
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('goes on with its session when the socket is cut: nothing is lost and nothing comes twice', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.say(bench.direct, { content: 'one' })
    await bench.link.untilTexts(1)
    bench.server.gateway.cut()
    bench.server.say(bench.direct, { content: 'two' })
    const { reason } = await bench.link.untilDisconnected()
    assert.match(reason, /cut/)
    await bench.link.untilConnected()
    bench.server.say(bench.direct, { content: 'three' })
    assert.deepEqual(await bench.link.untilTexts(3), ['one', 'two', 'three'])
    assert.equal(bench.link.handed.length, 3)
    assert.equal(bench.server.gateway.frames(2).length, 1)
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('is dead after two heartbeats without an acknowledgement, however open its socket is', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.holdsAcks = true
    const beats = bench.server.gateway.frames(1).length
    const { reason } = await bench.link.untilDisconnected()
    assert.match(reason, /heartbeat/)
    // One may have been on its way.
    assert.ok(bench.server.gateway.frames(1).length - beats <= 3, 'it took longer than two heartbeats')
    bench.server.gateway.holdsAcks = false
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(6).length, 1)
  })

  it('is made anew at once where the dead one does not answer a close', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.freeze()
    await bench.link.untilDisconnected()
    const since = performance.now()
    await bench.link.untilConnected()
    assert.ok(performance.now() - since < 5_000)
  })

  it('is dead where everything falls silent, and back when the platform is', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.isSilent = true
    await bench.link.untilDisconnected()
    await eventually('a few tries in vain', () => (bench.server.gateway.made > 2 ? true : undefined))
    assert.equal(bench.link.isConnected, false)
    bench.server.say(bench.direct, { content: 'said meanwhile' })
    bench.server.gateway.isSilent = false
    await bench.link.untilConnected()
    assert.deepEqual(await bench.link.untilTexts(1), ['said meanwhile'])
    assert.equal(bench.server.gateway.frames(2).length, 1)
  })

  it('keeps its session through an outage in which nothing can be reached', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    await bench.server.down()
    await bench.link.untilDisconnected()
    const tries = () => bench.link.lines.filter(({ message }) => message === 'gateway connection over').length
    await eventually('some tries in vain', () => (tries() > 8 ? true : undefined))
    for (const content of ['a', 'b', 'c']) bench.server.say(bench.direct, { content })
    await bench.server.up()
    assert.deepEqual(await bench.link.untilTexts(3), ['a', 'b', 'c'])
    assert.equal(bench.server.gateway.frames(2).length, 1)
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('is handed over where Discord asks for another connection, and nobody hears of it', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.askReconnect()
    await eventually('another connection', () =>
      bench.server.gateway.frames(6).length === 1 ? true : undefined,
    )
    bench.server.say(bench.direct, { content: 'Hello' })
    await bench.link.untilTexts(1)
    assert.ok(bench.link.events.every(({ kind }) => kind === 'connected'))
  })

  it('resumes after an invalid session that may be resumed, and only begins anew after one that may not', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.invalidate(true)
    await bench.link.untilDisconnected()
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(2).length, 1)
    bench.server.gateway.invalidate(false)
    await bench.link.untilDisconnected()
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(2).length, 2)
  })

  for (const code of [4007, 4009]) {
    it(`begins a new session after the close code ${code}`, async () => {
      await using bench = await DiscordBench.start()
      await bench.connect()
      bench.server.gateway.close(code)
      await bench.link.untilDisconnected()
      await bench.link.untilConnected()
      assert.equal(bench.server.gateway.frames(2).length, 2)
      assert.equal(bench.server.gateway.frames(6).length, 0)
    })
  }

  for (const code of [1000, 1001, 4000, 4008]) {
    it(`goes on with the session after the close code ${code}, as far as Discord lets it`, async () => {
      await using bench = await DiscordBench.start()
      await bench.connect()
      bench.server.gateway.close(code)
      await bench.link.untilDisconnected()
      await bench.link.untilConnected()
      assert.equal(bench.server.gateway.frames(6).length, 1)
    })
  }

  it('begins anew at a server that says nothing to a RESUME', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.gateway.ignoresResume = true
    bench.server.gateway.cut()
    await bench.link.untilDisconnected()
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(6).length, 3)
    assert.equal(bench.server.gateway.frames(2).length, 2)
  })

  it('finds a server whose address for resuming is dead', async () => {
    await using bench = await DiscordBench.start()
    bench.server.gateway.resumeUrl = 'ws://127.0.0.1:1/gone'
    await bench.connect()
    bench.server.gateway.cut()
    await bench.link.untilDisconnected()
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(6).length, 1)
  })

  it('is left by a stop such that the next start resumes it', async () => {
    await using bench = await DiscordBench.start()
    const channel = await bench.connect()
    bench.server.say(bench.direct, { content: 'before' })
    await bench.link.untilTexts(1)
    await channel.stop()
    await eventually('the close', () => bench.server.gateway.closes[0])
    assert.ok((bench.server.gateway.closes[0] ?? 0) >= 4000)
    bench.server.say(bench.direct, { content: 'between' })
    await bench.connect()
    assert.deepEqual(await bench.link.untilTexts(2), ['before', 'between'])
    assert.equal(bench.link.handed.length, 2)
    assert.equal(bench.server.gateway.frames(2).length, 1)
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('waits where the new sessions of the day are used up', async () => {
    await using bench = await DiscordBench.start()
    bench.server.gateway.remaining = 0
    bench.run()
    const { reason } = await bench.link.untilDisconnected()
    assert.match(reason, /used up/)
    assert.equal(bench.server.gateway.made, 0)
  })

  it('does not go to an address for resuming that is none of a gateway', async () => {
    await using bench = await DiscordBench.start()
    bench.server.gateway.resumeUrl = 'http://127.0.0.1:1/gone'
    await bench.connect()
    bench.server.gateway.cut()
    await bench.link.untilDisconnected()
    await bench.link.untilConnected()
    assert.equal(bench.server.gateway.frames(6).length, 1)
  })

  it('begins a session of its own where the one that was kept is refused to this token', async () => {
    await using bench = await DiscordBench.start()
    bench.timings = { ...fastTimings, loginMs: [30_000] }
    const channel = await bench.connect()
    await channel.stop()
    bench.server.gateway.refusesResume = 4004
    const since = performance.now()
    await bench.connect()
    assert.ok(performance.now() - since < 10_000)
    assert.equal(bench.server.gateway.frames(2).length, 2)
  })

  it('beats when Discord asks for it, and never with what is not durable', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    const before = bench.server.gateway.frames(1).length
    bench.server.gateway.askHeartbeat()
    await eventually('a heartbeat', () => (bench.server.gateway.frames(1).length > before ? true : undefined))
    const held = Promise.withResolvers<void>()
    bench.link.beforeReceive = () => held.promise
    const last = bench.server.gateway.frames(1).at(-1)?.d
    bench.server.say(bench.direct, { content: 'not durable' })
    const count = bench.server.gateway.frames(1).length
    await eventually('two more', () => (bench.server.gateway.frames(1).length > count + 1 ? true : undefined))
    assert.deepEqual(bench.server.gateway.frames(1).at(-1)?.d, last)
    held.resolve()
  })

  it('tells nothing of servers that are not listed', async () => {
    await using bench = await DiscordBench.start()
    const foreign = bench.server.world.addChannel(bench.server.world.addGuild('Foreign'))
    await bench.connect()
    bench.server.say(foreign, { content: '<@1071000000000000001> psst' })
    bench.server.say(bench.room, { content: 'talk among people' })
    assert.deepEqual(await bench.link.untilTexts(1), ['talk among people'])
    assert.partialDeepStrictEqual(bench.link.stored[0]?.message, {
      roomId: bench.guildId,
      isAddressed: false,
    })
    assert.ok(![...bench.link.states.keys()].some((name) => name.includes(foreign)))
  })

  it('leaves a server that sends what is no frame, or one that is too large', async () => {
    await using bench = await DiscordBench.start()
    for (const frame of ['{"op":', '[]', `{"op":0,"d":"${'x'.repeat(33 * 1024 * 1024)}"}`]) {
      bench.link.events.length = 0
      if (!bench.channel) bench.run()
      await eventually('a session', () => (bench.server.gateway.attached > 0 ? true : undefined))
      bench.server.gateway.sendRaw(frame)
      await bench.link.untilDisconnected()
      await bench.link.untilConnected()
    }
  })
})
