import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DiscordBench } from '../support/discord-channel.ts'
import { eventually } from '../support/eventually.ts'
import type { RecordingLink } from '../support/recording-link.ts'

function sequenceIn(link: RecordingLink): number {
  return Number(JSON.parse(link.states.get('session') ?? '{}').sequence)
}

describe('what is received from Discord', () => {
  it('moves the stored sequence on only once it is durable, and is replayed to the next process where it was not', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.say(bench.direct, { content: 'one' })
    await bench.link.untilTexts(1)
    const before = await eventually('the sequence', () => sequenceIn(bench.link) || undefined)
    const held = Promise.withResolvers<void>()
    bench.link.beforeReceive = ({ text }) => (text === 'two' ? held.promise : Promise.resolve())
    const other = bench.server.world.addChannel(null)
    bench.server.say(bench.direct, { content: 'two' })
    bench.server.say(other, { content: 'three' })
    await bench.link.untilTexts(2)
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.ok(sequenceIn(bench.link) <= before + 1, 'the sequence has passed a message that is not durable')
    await bench.kill()
    held.reject(new Error('killed'))
    await bench.connect()
    const texts = await bench.link.untilTexts(3)
    assert.deepEqual(texts.toSorted(), ['one', 'three', 'two'])
    assert.equal(bench.server.gateway.frames(2).length, 1)
  })

  it('is asked for again where it could not be stored', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    let failures = 3
    bench.link.beforeReceive = async () => {
      if (failures-- > 0) throw new Error('the disk is full')
    }
    for (const content of ['one', 'two', 'three']) bench.server.say(bench.direct, { content })
    assert.match((await bench.link.untilDisconnected()).reason, /stored/)
    assert.deepEqual(await bench.link.untilTexts(3), ['one', 'two', 'three'])
    assert.equal(bench.server.gateway.frames(2).length, 1)
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('keeps its order in each of a hundred chats that write at once, however slowly it is stored', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.link.beforeReceive = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
    const chats = Array.from({ length: 100 }, () => bench.server.world.addChannel(null))
    for (let at = 0; at < 10; at++) for (const chat of chats) bench.server.say(chat, { content: String(at) })
    await bench.link.untilTexts(1000)
    for (const chat of chats) {
      const texts = bench.link.stored
        .filter(({ message }) => message.chatId === chat)
        .map(({ message }) => message.text)
      assert.deepEqual(
        texts,
        Array.from({ length: 10 }, (_, at) => String(at)),
      )
    }
    assert.equal(bench.link.handed.length, 1000)
  })

  it('is not asked of an address that the config no longer names', async () => {
    await using bench = await DiscordBench.start()
    const channel = await bench.connect()
    await channel.stop()
    const state = JSON.parse(bench.link.states.get('session') ?? '{}')
    const value = JSON.stringify({ ...state, apiRoot: 'https://elsewhere.example/api' })
    bench.link.states.set('session', value)
    await bench.connect()
    assert.equal(bench.server.gateway.frames(6).length, 0)
    assert.equal(bench.server.gateway.frames(2).length, 2)
  })

  it('survives cuts, kills and lost sessions in a row: each message once, in order', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.link.chats.push(bench.direct)
    const said: string[] = []
    const say = (): void => {
      said.push(`message ${said.length}`)
      bench.server.say(bench.direct, { content: said.at(-1) ?? '' })
    }
    say()
    await bench.link.untilTexts(1)
    for (let round = 0; round < 12; round++) {
      say()
      if (round % 4 === 0) bench.server.gateway.cut()
      if (round % 4 === 1) await bench.kill()
      if (round % 4 === 2) bench.server.gateway.invalidate(round > 6)
      say()
      if (round % 4 === 3) {
        await bench.server.down()
        bench.server.gateway.forgetSessions()
        say()
        await bench.server.up()
      }
      if (round % 4 === 1) bench.run()
      say()
      assert.deepEqual(await bench.link.untilTexts(said.length), said)
      await bench.link.untilConnected()
    }
    assert.deepEqual(bench.server.gateway.violations, [])
  })
})
