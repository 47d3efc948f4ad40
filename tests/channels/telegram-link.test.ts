import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultTimings } from '../../src/channels/telegram/config.ts'
import { eventually } from '../support/eventually.ts'
import { telegramStage } from '../support/telegram-channel.ts'
import { refused } from '../support/telegram-state.ts'

const wrongToken = '700100:AAWrongTokenOfTheTests_0123456789xyz'

/** Another program that polls for the same bot, as stubborn as most are. */
function pollBeside(url: string, token: string) {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await fetch(`${url}/bot${token}/getUpdates`, {
        method: 'POST',
        body: JSON.stringify({ timeout: 1 }),
        signal: stopping.signal,
      })
        .then((response) => response.arrayBuffer())
        .catch(() => undefined)
      await sleep(50)
    }
  }
  const ended = run()
  return {
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

test('a token that Telegram does not know is told with its remedy, tried seldom, and never shown', async (t) => {
  assert.ok((defaultTimings.loginMs[0] ?? 0) >= 5_000 && (defaultTimings.loginMs.at(-1) ?? 0) >= 30_000)
  for (const botToken of [wrongToken, 'nonsense']) {
    const { link, create, disconnected, server } = await telegramStage(t)
    create({ botToken }, { loginMs: defaultTimings.loginMs }).start(link)
    await disconnected(/does not know the bot's token/)
    assert.match(link.status?.remedy ?? '', /channels\.telegram\.botToken.*@BotFather/)
    await sleep(300)
    assert.equal(link.told.length, 1)
    assert.equal(server.strangers, 1)
    assert.doesNotMatch(link.shown, new RegExp(botToken))
  }
})

test('what cannot be a token is not called at all', async (t) => {
  const { link, create, disconnected } = await telegramStage(t)
  const channel = create({ botToken: '1:x/../../2?' })
  channel.start(link)
  await disconnected(/cannot be a bot token/)
  assert.match(link.status?.remedy ?? '', /botToken/)
  await assert.rejects(
    channel.send({ chatId: '1', route: {}, nonce: 'n', ordinal: 0, text: 'x' }, AbortSignal.timeout(1000)),
    { kind: 'login_refused' },
  )
})

test('a token that Telegram takes again is found out by itself', async (t) => {
  const { server, link, channel, connected, disconnected } = await telegramStage(t)
  server.next('getMe', refused(401, 'Unauthorized'))
  channel.start(link)
  await disconnected(/token/)
  await connected()
})

test('another program that polls is told as such, and the link comes back when it has gone', async (t) => {
  const { server, link, channel, connected, disconnected } = await telegramStage(t)
  channel.start(link)
  await connected()
  const other = pollBeside(server.url, server.token)
  t.after(() => other.stop())
  await disconnected(/Another program receives this bot's messages: Conflict: terminated by other getUpdates/)
  assert.match(link.status?.remedy ?? '', /other program/)
  // Told once more at each try, but never as connected in between.
  const { length } = link.told
  await sleep(1_000)
  assert.ok(link.told.slice(length).every(({ status }) => status === 'disconnected'))
  await other.stop()
  await connected()
})

test('a webhook that somebody sets ends the poll, is told, and is left again', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await telegramStage(t)
  channel.start(link)
  await connected()
  await eventually('a held poll', () => server.polls || undefined)
  await fetch(`${server.url}/bot${server.token}/setWebhook`, {
    method: 'POST',
    body: JSON.stringify({ url: 'http://127.0.0.1:1/' }),
  })
  await disconnected(/terminated by setWebhook/)
  server.say('Hello')
  assert.deepEqual(await texts(1), ['Hello'])
})

test('a poll that stalls for ever is a dead link, and nothing is lost', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await telegramStage(t)
  channel.start(link)
  await connected()
  server.always('getUpdates', { fault: 'stall' })
  server.say('first')
  await disconnected(/has not answered within/)
  const at = link.status?.at ?? 0
  server.say('second')
  server.always('getUpdates', undefined)
  assert.deepEqual(await texts(2), ['first', 'second'])
  await connected()
  assert.ok((link.status?.at ?? 0) - at < 3_000)
})

test('a connection that is cut in the middle of a poll is told and mended', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await telegramStage(t)
  channel.start(link)
  await connected()
  server.next('getUpdates', { fault: 'cut', after: true })
  server.say('Hello')
  await disconnected(/cannot be reached/)
  assert.deepEqual(await texts(1), ['Hello'])
  await connected()
})

test('a platform that is down is told once, and back when it is', async (t) => {
  const { server, link, channel, connected, disconnected, texts } = await telegramStage(t)
  channel.start(link)
  await connected()
  await server.down()
  await disconnected(/cannot be reached \(E[A-Z]+\)/)
  await sleep(300)
  server.say('meanwhile')
  await server.up()
  assert.deepEqual(await texts(1), ['meanwhile'])
  await connected()
  assert.doesNotMatch(link.shown, new RegExp(server.token))
  assert.doesNotMatch(link.shown, /AAFake/)
})

test('a poll that is told to wait waits', async (t) => {
  const { server, link, channel, disconnected, connected } = await telegramStage(t)
  server.next('getUpdates', {
    ok: false,
    error_code: 429,
    description: 'Too Many Requests: retry after 1',
    parameters: { retry_after: 1 },
  })
  channel.start(link)
  await disconnected(/429: Too Many Requests/)
  await connected()
  const [first, second] = server.callsOf('getUpdates')
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 990)
})

test('an answer that is none of the Bot API is told, with what to look at', async (t) => {
  const { server, link, channel, disconnected, connected } = await telegramStage(t)
  server.next('getMe', { fault: 'page', status: 502, text: '<html>Bad Gateway</html>' })
  channel.start(link)
  await disconnected(/does not speak the Bot API/)
  assert.match(link.status?.remedy ?? '', /apiRoot/)
  await connected()
  server.next('getUpdates', { fault: 'page', status: 200, text: '{"ok":true,"result":{}}' })
  await disconnected(/does not speak the Bot API/)
  await connected()
})

test('each answered poll is a proof of life', async (t) => {
  const { link, channel, connected } = await telegramStage(t)
  channel.start(link)
  await connected()
  const { proofs } = link
  await eventually('another proof', () => link.proofs > proofs || undefined)
  assert.equal(link.told.length, 1)
})

test('a stop is quick, also in the middle of a poll, of a wait and of a stall, and twice', async (t) => {
  for (const how of ['poll', 'wait', 'stall'] as const) {
    const { server, link, channel, connected, disconnected } = await telegramStage(t, {
      timings: { pollMs: 15_000, pollDeadlineMs: 20_000, loginMs: [60_000], callMs: 15_000 },
    })
    if (how === 'wait') server.always('getMe', refused(401, 'Unauthorized'))
    if (how === 'stall') server.always('getMe', { fault: 'stall' })
    channel.start(link)
    if (how === 'poll') {
      await connected()
      await eventually('a held poll', () => server.polls || undefined)
    } else if (how === 'wait') await disconnected(/token/)
    else await eventually('a call', () => server.calls[0])
    const at = performance.now()
    await channel.stop()
    await channel.stop()
    assert.ok(performance.now() - at < 8_000, `${how}: ${performance.now() - at} ms`)
    const { length } = server.calls
    await sleep(100)
    assert.equal(server.calls.length, length, `${how} goes on calling`)
  }
})
