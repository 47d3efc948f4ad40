import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { startTelegramServer, type TelegramServer } from '../support/telegram-server.ts'

const waitMs = 15_000
const wrongToken = '700100:AAWrongTokenOfTheTests_0123456789xyz'

async function gatewayFor(
  t: TestContext,
  telegram: TelegramServer,
  section: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway> {
  const gateway = await startGateway({
    config: {
      models: { default: 'demo' },
      channels: {
        telegram: {
          botToken: telegram.token,
          apiRoot: telegram.url,
          dmPolicy: 'open',
          allowFrom: ['*'],
          ...section,
        },
      },
    },
  })
  t.after(() => gateway.stop())
  return gateway
}

async function startTelegram(t: TestContext): Promise<TelegramServer> {
  const telegram = await startTelegramServer()
  t.after(() => telegram[Symbol.asyncDispose]())
  return telegram
}

async function statusIs(gateway: RunningGateway, status: string, words = /./): Promise<string> {
  return await eventually(
    `telegram to be ${status}`,
    async () => {
      const health: unknown = await (await gateway.call('GET', '/health/detail')).json()
      const shown = at(health, 'channels', 'telegram')
      const text = JSON.stringify(shown)
      return at(shown, 'status') === status && words.test(text) ? text : undefined
    },
    waitMs,
  )
}

test('a wrong token leaves the gateway up, names the token and its remedy, and is tried once', async (t) => {
  const telegram = await startTelegram(t)
  const gateway = await gatewayFor(t, telegram, { botToken: wrongToken })
  const shown = await statusIs(gateway, 'disconnected', /bot's token/)
  assert.match(shown, /@BotFather/)
  const reply = await gateway.call('POST', '/api/v1/send', {
    channel: 'telegram',
    chatId: '31',
    message: 'x',
  })
  const body: unknown = await reply.json()
  assert.deepEqual([reply.status, at(body, 'error')], [503, 'channel_disconnected'])
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  assert.equal(telegram.strangers, 1)
  assert.equal((await gateway.call('GET', '/health')).status, 200)
  for (const text of [shown, JSON.stringify(body), gateway.output()]) assert.ok(!text.includes(wrongToken))
})

test('a second poller is told as such, and the gateway finds back when it has gone', async (t) => {
  const telegram = await startTelegram(t)
  const gateway = await gatewayFor(t, telegram)
  await statusIs(gateway, 'connected')
  await eventually('a held poll', () => telegram.polls || undefined)
  const other = new AbortController()
  t.after(() => other.abort())
  void fetch(`${telegram.url}/bot${telegram.token}/getUpdates`, {
    method: 'POST',
    body: JSON.stringify({ timeout: 50 }),
    signal: other.signal,
  }).catch(() => undefined)
  const shown = await statusIs(gateway, 'disconnected', /Another program receives this bot's messages/)
  assert.match(shown, /Stop the other program/)
  other.abort()
  telegram.say('Hello', { from: { id: 31, first_name: 'Alice' } })
  // The first poll after five seconds brings it at once.
  await statusIs(gateway, 'connected')
  await eventually('an answer', () => telegram.taken[0], waitMs)
})

test('in webhook mode Telegram posts to the gateway, and nobody else can', async (t) => {
  const telegram = await startTelegram(t)
  const secret = 'a-webhook-secret-of-the-tests'
  let target = ''
  // The proxy in front of the gateway, which has the address that Telegram knows.
  const proxy = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) if (Buffer.isBuffer(piece)) pieces.push(piece)
    const given = request.headers['x-telegram-bot-api-secret-token']
    const reply = await fetch(`${target}${request.url}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-telegram-bot-api-secret-token': typeof given === 'string' ? given : '',
      },
      body: Buffer.concat(pieces),
    })
    response.writeHead(reply.status).end(await reply.text())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  const address = proxy.address()
  assert.ok(typeof address === 'object' && address !== null)
  const path = '/channels/telegram/webhook'
  const gateway = await gatewayFor(t, telegram, {
    webhook: { url: `http://127.0.0.1:${address.port}${path}`, secret },
  })
  target = gateway.url
  await statusIs(gateway, 'connected')
  telegram.say('Hello', { from: { id: 31, first_name: 'Alice' } })
  await eventually('an answer', () => telegram.taken[0], waitMs)
  assert.equal(telegram.callsOf('getUpdates').length, 0)
  const forged = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ update_id: 1, message: { text: 'forged' } }),
  })
  assert.equal(forged.status, 401)
  assert.ok(!gateway.output().includes(secret))
  assert.equal(textAt(telegram.callsOf('setWebhook')[0]?.params, 'secret_token'), secret)
})
