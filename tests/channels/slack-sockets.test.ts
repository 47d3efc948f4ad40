import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { edgesOf, slackStage } from '../support/slack-stage.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a refreshed socket is left only after its successor is there, and nothing is lost or told', async (t) => {
  const { server, link, channel, connected, texts, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  await pause(60)
  for (const reason of ['warning', 'refresh_requested']) {
    server.say({ channel: 'D1', text: `before ${reason}` })
    server.sockets.disconnect(reason)
    // Both sockets live: Slack goes on using the old one.
    server.say({ channel: 'D1', text: `meanwhile ${reason}` })
    await eventually('the successor', () => (server.sockets.live.length === 2 ? true : undefined))
    server.say({ channel: 'D1', text: `with both ${reason}` })
    await eventually('the old one to be left', () => (server.sockets.live.length === 1 ? true : undefined))
    server.say({ channel: 'D1', text: `after ${reason}` })
  }
  await texts(8)
  await acknowledged()
  assert.deepEqual(edgesOf(link), ['connected'])
  assert.equal(server.sockets.opened, 3)
})

test('a socket that Slack closes right after its warning is replaced without a word', async (t) => {
  const { server, link, channel, connected, texts } = await slackStage(t)
  channel.start(link)
  await connected()
  await pause(60)
  server.sockets.disconnect('refresh_requested', 0)
  await eventually('the successor', () => (server.sockets.opened === 2 ? true : undefined))
  server.say({ channel: 'D1', text: 'hello' })
  await texts(1)
  assert.deepEqual(edgesOf(link), ['connected'])
})

test('a socket that is closed without a successor shows within the grace', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  channel.start(link)
  await connected()
  await pause(60)
  server.isBlackHole = true
  server.sockets.disconnect('refresh_requested', 0)
  await disconnected(/closed \(code 1000\)/)
  server.isBlackHole = false
  await connected()
})

test('a socket that falls silent shows within its limit and is replaced', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await slackStage(t)
  channel.start(link)
  await connected()
  const at = performance.now()
  server.sockets.silence()
  server.say({ channel: 'D1', text: 'into the void' })
  await disconnected(/silent/)
  assert.ok(performance.now() - at < 5_000)
  await connected()
  assert.deepEqual(await texts(1), ['into the void'])
})

test('a socket that is cut without a close shows at once and is replaced', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await slackStage(t)
  channel.start(link)
  await connected()
  await pause(60)
  server.sockets.cut()
  await disconnected(/closed \(code 1006\)/)
  await connected()
  server.say({ channel: 'D1', text: 'hello' })
  await texts(1)
  assert.deepEqual(edgesOf(link), ['connected', 'disconnected', 'connected'])
})

test('Slack that is gone is tried ever more seldom, and used soon after its return', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await slackStage(t)
  channel.start(link)
  await connected()
  await pause(60)
  await server.down()
  await disconnected(/ECONNREFUSED/)
  server.say({ channel: 'D1', text: 'said while it was gone' })
  await pause(500)
  const at = performance.now()
  await server.up()
  await connected()
  assert.ok(performance.now() - at < 5_000)
  assert.deepEqual(await texts(1), ['said while it was gone'])
  assert.deepEqual(edgesOf(link), ['connected', 'disconnected', 'connected'])
})

test('Slack that takes calls and answers none is noticed, and used soon after it does', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  server.isBlackHole = true
  channel.start(link)
  await disconnected(/has not answered within/)
  server.isBlackHole = false
  await connected()
})

test('a socket without a hello is given up', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  server.sockets.isMute = true
  channel.start(link)
  await disconnected(/not said hello/)
  server.sockets.isMute = false
  await connected()
})

test('a socket that ends again and again right after its hello is not hammered', async (t) => {
  const { server, link, channel } = await slackStage(t, {
    timings: { stableMs: 10_000, retryMs: [20, 200, 60_000] },
  })
  channel.start(link)
  for (const count of [1, 2, 3]) {
    await eventually(`socket ${count}`, () => (server.sockets.opened >= count ? true : undefined))
    server.sockets.cut()
  }
  await pause(400)
  assert.equal(server.sockets.opened, 3)
})

test('refreshes that follow each other without end are not hammered', async (t) => {
  const { server, link, channel } = await slackStage(t, {
    timings: { stableMs: 10_000, retryMs: [20, 200, 60_000] },
  })
  channel.start(link)
  for (const count of [1, 2, 3]) {
    await eventually(`socket ${count}`, () => (server.sockets.opened >= count ? true : undefined))
    server.sockets.disconnect('refresh_requested')
  }
  await pause(400)
  assert.equal(server.sockets.opened, 3)
})

test('a stop waits for what is being stored, acknowledges it and leaves nothing behind', async (t) => {
  const { server, link, channel, connected } = await slackStage(t)
  const stored = Promise.withResolvers<void>()
  link.beforeStore = () => stored.promise
  channel.start(link)
  await connected()
  const delivery = server.say({ channel: 'D1', text: 'hello' })
  await eventually('the message', () => (link.calls === 1 ? true : undefined))
  const stopping = channel.stop()
  const late = server.say({ channel: 'D1', text: 'too late' })
  await pause(30)
  stored.resolve()
  await stopping
  assert.equal(delivery.isAcknowledged, true)
  assert.equal(late.isAcknowledged, false)
  assert.equal(server.sockets.live.length, 0)
  await channel.stop()
})

test('a stop is quick when the store hangs, when Slack hangs, and while a socket is being opened', async (t) => {
  const { server, link, create, channel, connected } = await slackStage(t)
  link.beforeStore = () => new Promise(() => undefined)
  channel.start(link)
  await connected()
  const delivery = server.say({ channel: 'D1', text: 'hello' })
  await eventually('the message', () => (link.calls === 1 ? true : undefined))
  server.sockets.silence()
  let at = performance.now()
  await channel.stop()
  assert.ok(performance.now() - at < 5_000)
  assert.equal(delivery.isAcknowledged, false)

  server.sockets.cut()
  for (const trouble of ['isMute', 'isBlackHole'] as const) {
    const holder = trouble === 'isMute' ? server.sockets : server
    Reflect.set(holder, trouble, true)
    const calls = server.calls.length
    const opened = server.sockets.opened
    const other = create({}, { timings: { callMs: 30_000, openMs: 30_000 } })
    other.start(link)
    await eventually('a try', () =>
      (trouble === 'isMute' ? server.sockets.opened > opened : server.calls.length > calls)
        ? true
        : undefined,
    )
    at = performance.now()
    await other.stop()
    assert.ok(performance.now() - at < 10_000, trouble)
    Reflect.set(holder, trouble, false)
  }
})

test('pings and pongs are proofs of life', async (t) => {
  const { link, channel, connected } = await slackStage(t)
  channel.start(link)
  await connected()
  const { proofs } = link
  await eventually('proofs', () => (link.proofs > proofs + 3 ? true : undefined))
})
