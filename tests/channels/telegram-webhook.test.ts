import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { telegramStage } from '../support/telegram-channel.ts'
import type { MemoryLink } from '../support/telegram-link.ts'

const secret = 'a-webhook-secret-of-the-tests'
const header = 'x-telegram-bot-api-secret-token'
const update = {
  update_id: 7,
  message: {
    message_id: 1,
    date: 1_790_000_000,
    chat: { id: 4242, type: 'private' },
    from: { id: 4242, first_name: 'Alice' },
    text: 'Hello',
  },
}

/** The gateway's HTTP server, as far as a webhook needs it. */
async function receiver(t: TestContext, link: () => MemoryLink) {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) if (Buffer.isBuffer(piece)) pieces.push(piece)
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString())
    const status = (await link().webhook?.({ headers: request.headers, body })) ?? 404
    response.writeHead(status).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/channels/telegram/webhook`, server }
}

test('Telegram is told where to post, and what it posts is received in order', async (t) => {
  const stage = await telegramStage(t)
  const { server, link, create, connected, texts } = stage
  const { url } = await receiver(t, () => link)
  create({ webhook: { url, secret } }).start(link)
  await connected()
  const said = Array.from({ length: 20 }, (_, i) => `word ${i}`)
  for (const text of said) server.say(text)
  assert.deepEqual(await texts(20), said)
  assert.deepEqual(server.callsOf('setWebhook')[0]?.params, {
    url,
    secret_token: secret,
    allowed_updates: ['message', 'edited_message'],
    max_connections: 10,
    drop_pending_updates: false,
  })
  assert.equal(server.callsOf('getUpdates').length, 0)
  assert.doesNotMatch(link.shown, new RegExp(secret))
})

test('a post without the secret, or with another, is refused and holds nothing', async (t) => {
  const { link, create, connected } = await telegramStage(t)
  create({ webhook: { url: 'http://127.0.0.1:1/', secret } }).start(link)
  await connected()
  const post = (headers: Record<string, string | string[]>) => link.webhook?.({ headers, body: update })
  for (const headers of [{}, { [header]: '' }, { [header]: `${secret}x` }, { [header]: [secret] }]) {
    assert.equal(await post(headers), 401)
  }
  assert.equal(link.received.length, 0)
  assert.equal(await post({ [header]: secret }), 200)
  assert.equal(await post({ [header]: secret }), 200)
  assert.equal(link.received.length, 1)
})

test('a post that cannot be understood is passed over, one that cannot be stored comes again', async (t) => {
  const { link, create, connected } = await telegramStage(t)
  create({ webhook: { url: 'http://127.0.0.1:1/', secret } }).start(link)
  const post = (body: unknown) => link.webhook?.({ headers: { [header]: secret }, body })
  assert.equal(await post(update), 503)
  await connected()
  for (const body of [undefined, 'x', [], { update_id: 'x' }, { update_id: 8, message: { text: 1 } }]) {
    assert.equal(await post(body), 200)
  }
  link.beforeStore = () => Promise.reject(new Error('disk full'))
  assert.equal(await post(update), 503)
  link.beforeStore = () => Promise.resolve()
  assert.equal(await post(update), 200)
  assert.equal(link.received.length, 1)
})

test('a webhook that Telegram cannot reach is told in its words, and comes back with everything', async (t) => {
  const { server, link, create, connected, disconnected, texts } = await telegramStage(t)
  let isOpen = false
  const given = await receiver(t, () => link)
  const { url } = given
  const handlers = given.server.listeners('request')
  given.server.removeAllListeners('request')
  given.server.on('request', (request, response) => {
    if (!isOpen) response.writeHead(502).end()
    else for (const handler of handlers) Reflect.apply(handler, given.server, [request, response])
  })
  create({ webhook: { url, secret } }).start(link)
  await connected()
  server.say('Hello')
  await disconnected(/cannot post to the webhook: Wrong response from the webhook: 502/)
  assert.match(link.status?.remedy ?? '', /channels\.telegram\.webhook\.url/)
  isOpen = true
  assert.deepEqual(await texts(1), ['Hello'])
  await connected()
})

test('a webhook that somebody else changes is set again', async (t) => {
  const { server, link, create, connected } = await telegramStage(t)
  create({ webhook: { url: 'http://127.0.0.1:1/mine', secret } }).start(link)
  await connected()
  await fetch(`${server.url}/bot${server.token}/deleteWebhook`, { method: 'POST' })
  await eventually('the webhook to be set again', () => server.callsOf('setWebhook')[1])
})

test('an address that Telegram refuses is told with its words', async (t) => {
  const { server, link, create, disconnected } = await telegramStage(t)
  server.next('setWebhook', {
    ok: false,
    error_code: 400,
    description: 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook',
  })
  create({ webhook: { url: 'http://127.0.0.1:1/', secret } }).start(link)
  await disconnected(/An HTTPS URL must be provided/)
})

test('the webhook stays when the channel stops: Telegram keeps what comes meanwhile', async (t) => {
  const { server, link, create, connected } = await telegramStage(t)
  const channel = create({ webhook: { url: 'http://127.0.0.1:1/', secret } })
  channel.start(link)
  await connected()
  await channel.stop()
  assert.equal(server.callsOf('deleteWebhook').length, 0)
})
