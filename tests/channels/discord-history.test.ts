import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DiscordBench } from '../support/discord-channel.ts'
import { alice, botUser } from '../support/discord-world.ts'
import { eventually } from '../support/eventually.ts'

async function missedSession(bench: DiscordBench, say: () => void): Promise<void> {
  await bench.connect()
  bench.server.say(bench.direct, { content: 'first' })
  bench.server.say(bench.room, { content: `<@${botUser.id}> in the room`, mentions: [botUser] })
  await bench.link.untilTexts(2)
  bench.link.chats.push(bench.direct, bench.room)
  await bench.server.down()
  await bench.link.untilDisconnected()
  say()
  bench.server.gateway.forgetSessions()
  await bench.server.up()
}

describe('what was missed because a session was lost', () => {
  it('is read in the history of every known chat, oldest first, each once', async () => {
    await using bench = await DiscordBench.start()
    const many = Array.from({ length: 250 }, (_, at) => `missed ${at}`)
    await missedSession(bench, () => {
      for (const content of many) bench.server.say(bench.direct, { content })
      bench.server.say(bench.room, { content: `<@${botUser.id}> missed too`, mentions: [botUser] })
    })
    await bench.link.untilTexts(2 + 250 + 1)
    const direct = bench.link.stored.filter(({ message }) => message.chatId === bench.direct)
    assert.deepEqual(
      direct.map(({ message }) => message.text),
      ['first', ...many],
    )
    assert.equal(bench.link.handed.length, bench.link.stored.length)
    const room = bench.link.stored.filter(({ message }) => message.chatId === bench.room).at(-1)?.message
    assert.partialDeepStrictEqual(room, {
      text: 'missed too',
      kind: 'group',
      roomId: bench.guildId,
      isAddressed: true,
    })
    assert.deepEqual(bench.server.gateway.violations, [])
  })

  it('comes before what is said in the same chat once the new session stands', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.say(bench.direct, { content: 'first' })
    await bench.link.untilTexts(1)
    bench.link.chats.push(bench.direct)
    let isHeld = true
    bench.server.fault = (_, path) =>
      isHeld && path.includes('/messages') ? { status: 500, body: { message: 'oops', code: 0 } } : undefined
    await bench.server.down()
    bench.server.say(bench.direct, { content: 'missed' })
    bench.server.gateway.forgetSessions()
    await bench.server.up()
    await eventually('the new session', () => bench.server.gateway.frames(2)[1])
    const other = bench.server.world.addChannel(null)
    bench.server.say(bench.direct, { content: 'live' })
    bench.server.say(other, { content: 'elsewhere' })
    // Another chat does not wait for the history of this one.
    assert.deepEqual(await bench.link.untilTexts(2), ['first', 'elsewhere'])
    isHeld = false
    assert.deepEqual(await bench.link.untilTexts(4), ['first', 'elsewhere', 'missed', 'live'])
  })

  it('is read also in a channel of a listed server that nobody has written in before', async () => {
    await using bench = await DiscordBench.start()
    const fresh = bench.server.world.addChannel(bench.guildId, 'fresh')
    const thread = bench.server.world.addChannel(bench.guildId, 'a thread', 11)
    await missedSession(bench, () => {
      for (const id of [fresh, thread])
        bench.server.say(id, { content: `<@${botUser.id}> new`, mentions: [botUser] })
    })
    await bench.link.untilTexts(4)
    const rooms = bench.link.stored.slice(2).map(({ message }) => message.chatId)
    assert.deepEqual(new Set(rooms), new Set([fresh, thread]))
  })

  it('is read in the channels of a listed server where no chat is known at all', async () => {
    await using bench = await DiscordBench.start()
    await missedSession(bench, () => {
      bench.link.chats.length = 0
      bench.server.say(bench.room, { content: `<@${botUser.id}> missed`, mentions: [botUser] })
    })
    assert.equal((await bench.link.untilTexts(3)).at(-1), 'missed')
  })

  it('is read from the newest durable message of each chat, not of all', async () => {
    await using bench = await DiscordBench.start()
    await bench.connect()
    bench.server.say(bench.direct, { content: 'first' })
    await bench.link.untilTexts(1)
    bench.link.chats.push(bench.direct)
    bench.link.beforeReceive = ({ chatId }) =>
      chatId === bench.direct ? new Promise(() => undefined) : Promise.resolve()
    bench.server.say(bench.direct, { content: 'not durable' })
    bench.server.say(bench.room, { content: 'durable, and later' })
    await bench.link.untilTexts(2)
    await eventually('the note of it', () =>
      bench.link.states.get('session')?.includes(bench.link.stored[1]?.message.updateId ?? '-')
        ? true
        : undefined,
    )
    bench.server.gateway.forgetSessions()
    await bench.kill()
    await bench.connect()
    assert.equal((await bench.link.untilTexts(3)).at(-1), 'not durable')
  })

  it('leaves out chats that may no longer be read, and waits where Discord asks to', async () => {
    await using bench = await DiscordBench.start()
    const gone = bench.server.world.addChannel(null)
    bench.link.chats.push(gone, '999999999999999999', 'no-snowflake')
    bench.server.world.channel(gone).refusal = { status: 403, code: 50_001, message: 'Missing Access' }
    let limited = 1
    bench.server.fault = (method, path) => {
      if (method !== 'GET' || !path.includes(`/${bench.direct}/messages`) || limited-- <= 0) return undefined
      return {
        status: 429,
        headers: { 'retry-after': '1' },
        body: { message: 'slow', retry_after: 0.02, global: false },
      }
    }
    await missedSession(bench, () => void bench.server.say(bench.direct, { content: 'missed' }))
    await bench.link.untilTexts(3)
    await eventually('the end of the reading', () =>
      JSON.parse(bench.link.states.get('session') ?? '{}').historySince === undefined ? true : undefined,
    )
  })

  it('is read by the next process where this one is killed in the middle of it', async () => {
    await using bench = await DiscordBench.start()
    bench.server.fault = (_, path) => (path.includes('/messages?') ? { fault: 'silence' } : undefined)
    await missedSession(bench, () => void bench.server.say(bench.direct, { content: 'missed' }))
    await eventually('the reading', () => bench.server.calls.find(({ path }) => path.includes('/messages?')))
    await eventually('the new session', () => JSON.parse(bench.link.states.get('session') ?? '{}').id)
    await bench.kill()
    bench.server.fault = undefined
    await bench.connect()
    assert.equal((await bench.link.untilTexts(3)).at(-1), 'missed')
    // The second process has resumed the session of the first: only histories could tell.
    assert.equal(bench.server.gateway.frames(2).length, 2)
  })

  it('is nothing at the first start: what was said before is not for us', async () => {
    await using bench = await DiscordBench.start()
    bench.server.say(bench.direct, { content: 'long ago' })
    bench.link.chats.push(bench.direct)
    await bench.connect()
    bench.server.say(bench.direct, { content: 'now', author: alice })
    assert.deepEqual(await bench.link.untilTexts(1), ['now'])
    assert.ok(!bench.server.calls.some(({ path }) => path.includes('/messages')))
  })
})
