import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { createGateway } from '../../src/gateway.ts'
import { eventually } from '../support/eventually.ts'
import { at } from '../support/json.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { startSimplePlatform } from '../support/simple-platform.ts'
import { respond, startReceiver } from '../webhooks/support/receiver.ts'
import { secret, useHome } from './support.ts'

const open = { dmPolicy: 'open', allowFrom: ['*'] }

// A whole gateway in this process, whose channels speak to simple platforms.
async function setUp(stack: AsyncDisposableStack, channels: Readonly<Record<string, unknown>>) {
  const home = await useHome(stack)
  const receiver = stack.use(await startReceiver((response) => respond(response, 204)))
  const platforms = {
    telegram: stack.use(await startSimplePlatform()),
    slack: stack.use(await startSimplePlatform()),
    discord: stack.use(await startSimplePlatform()),
  }
  const made: SimpleChannel[] = []
  const hash = createHash('sha256').update(secret).digest('hex')
  const load = async (wanted: Readonly<Record<string, unknown>>) => {
    const file = join(home, 'openclaw.json5')
    const token = { name: 'admin', token: `sha256:${hash}`, scope: ['admin'], rateLimit: 1_000_000 }
    const outgoing = [{ id: 'app', url: receiver.url, events: ['channel.*'], allowPrivateNetwork: true }]
    const config = { channels: wanted, api: { auth: { tokens: [token] }, webhooks: { outgoing } } }
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    const env = { OPENCLAW_STATE_DIR: join(home, 'state') }
    return loadConfig({ configFlag: file, portFlag: 0, env, home })
  }
  const gateway = await createGateway(
    { loaded: await load(channels), env: { OLLAMA_HOST: '127.0.0.1:1' }, version: '0.0.0' },
    {
      createChannel: async ({ name }) => {
        const channel = new SimpleChannel(platforms[name].url, name)
        made.push(channel)
        return channel
      },
    },
  )
  stack.defer(() => gateway.close(0))
  const url = await gateway.listen('127.0.0.1', 0)
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    return { status: response.status, body: answer, retryAfter: response.headers.get('retry-after') }
  }
  const channel = async (name: string) => at((await call('GET', '/health/detail')).body, 'channels', name)
  const connected = (name: string) =>
    eventually(`${name} to be connected`, async () =>
      at(await channel(name), 'status') === 'connected' ? true : undefined,
    )
  const edges = () =>
    receiver.received
      .map(({ event }) => event)
      .filter(({ event }) => event.startsWith('channel.'))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ event, data }) => `${String(data.channel)} ${event.slice('channel.'.length)}`)
  return { gateway, url, call, channel, connected, platforms, made, edges, reload: load }
}

const telegram = { ...open, botToken: '1:secret' }
const slack = { ...open, botToken: 'xoxb-secret', appToken: 'xapp-secret' }

test('POST /send says what became of the message, each kind with its own status', async () => {
  await using stack = new AsyncDisposableStack()
  const { call, channel, connected, platforms } = await setUp(stack, { telegram })
  await connected('telegram')
  const send = (more: object) =>
    call('POST', '/api/v1/send', { channel: 'telegram', chatId: '42', message: 'Hi', ...more })
  const sent = await send({ metadata: { order: '7' } })
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  assert.deepEqual(Object.keys({ ...Object(sent.body) }).toSorted(), [
    'channel',
    'chatId',
    'conversationId',
    'externalIds',
    'id',
    'status',
    'timestamp',
  ])
  const conversation = await call('GET', `/api/v1/conversations/${at(sent.body, 'conversationId')}`)
  assert.deepEqual(
    [
      at(conversation.body, 'channel'),
      at(conversation.body, 'chatId'),
      at(conversation.body, 'messageCount'),
    ],
    ['telegram', '42', 1],
  )
  const refusals: readonly (readonly [unknown, number, string, RegExp])[] = [
    [
      { status: 400, body: { error: 'chat not found' } },
      400,
      'invalid_request',
      /knows no chat "42".*chat not found/,
    ],
    [{ status: 422, body: { error: 'too rude' } }, 502, 'channel_error', /Telegram did not take.*too rude/],
    [{ status: 403, body: { error: 'bot was blocked' } }, 502, 'channel_error', /bot was blocked/],
    [{ status: 401, body: { error: 'Unauthorized' } }, 503, 'channel_disconnected', /Unauthorized/],
    [{ status: 429, body: { error: 'slow down', retryAfterMs: 40_000 } }, 502, 'channel_error', /slow down/],
  ]
  for (const [take, status, error, words] of refusals) {
    const { status: takenStatus, body } = { status: 0, body: {}, ...Object(take) }
    platforms.telegram.take = () => ({ status: Number(takenStatus), body })
    const refused = await send({})
    assert.deepEqual([refused.status, at(refused.body, 'error')], [status, error])
    assert.match(String(at(refused.body, 'message')), words)
    if (error === 'channel_error' && words.test('slow down')) assert.equal(refused.retryAfter, '40')
  }
  platforms.telegram.take = () => 'take'
  const unknown = await send({ channel: 'discord' })
  assert.deepEqual([unknown.status, at(unknown.body, 'error')], [404, 'channel_not_found'])
  assert.match(String(at(unknown.body, 'message')), /"discord".*Configured: telegram/)
  for (const chatId of ['two words', 'line\nbreak']) {
    assert.deepEqual(at((await send({ chatId })).body, 'error'), 'invalid_request')
  }
  assert.equal((await send({ message: '' })).status, 400)
  assert.equal((await send({ text: 'Hi' })).status, 400)
  const list = await call('GET', '/api/v1/conversations?channel=telegram')
  assert.equal(at(list.body, 'data', 'length'), 1)
  platforms.telegram.away(true)
  await eventually('the channel to be down', async () =>
    at(await channel('telegram'), 'status') === 'disconnected' ? true : undefined,
  )
  const refused = await send({})
  assert.deepEqual([refused.status, at(refused.body, 'error')], [503, 'channel_disconnected'])
  assert.match(String(at(refused.body, 'message')), /Telegram is not connected: The simple platform cannot/)
})

test('what is refused for a moment by the platform is retried until it stands', async () => {
  await using stack = new AsyncDisposableStack()
  const { call, connected, platforms } = await setUp(stack, { telegram })
  await connected('telegram')
  platforms.telegram.take = (_post, tries) =>
    tries < 3 ? { status: 429, body: { error: 'slow', retryAfterMs: 30 } } : 'take'
  const message = 'x'.repeat(2_500)
  const sent = await call('POST', '/api/v1/send', { channel: 'telegram', chatId: '42', message })
  assert.equal(sent.status, 200)
  assert.deepEqual(at(sent.body, 'externalIds'), ['1', '2', '3'])
  assert.equal(platforms.telegram.posted.map(({ text }) => text).join(''), message)
})

test('health tells the truth, and each edge is told once, in words', async () => {
  await using stack = new AsyncDisposableStack()
  const { call, channel, connected, platforms, edges } = await setUp(stack, { telegram, slack })
  await connected('telegram')
  await connected('slack')
  assert.equal(at((await call('GET', '/health/detail')).body, 'status'), 'ok')
  const well = await channel('telegram')
  assert.deepEqual([at(well, 'lastError'), at(well, 'remedy')], [null, null])
  platforms.telegram.away(true)
  await eventually('telegram to be down', async () =>
    at(await channel('telegram'), 'status') === 'disconnected' ? true : undefined,
  )
  const down = await call('GET', '/health/detail')
  assert.equal(at(down.body, 'status'), 'degraded')
  assert.match(String(at(down.body, 'channels', 'telegram', 'lastError')), /cannot be reached/)
  assert.equal(at(down.body, 'channels', 'slack', 'status'), 'connected')
  platforms.telegram.away(false)
  await connected('telegram')
  await eventually('the events', () => (edges().length >= 4 ? true : undefined))
  assert.deepEqual(
    edges().filter((edge) => edge.startsWith('telegram')),
    ['telegram connected', 'telegram disconnected', 'telegram connected'],
  )
  assert.deepEqual(
    edges().filter((edge) => edge.startsWith('slack')),
    ['slack connected'],
  )
})

test('a change of one channel’s section starts that channel anew, and no other one notices', async () => {
  await using stack = new AsyncDisposableStack()
  const { gateway, channel, connected, made, platforms, reload } = await setUp(stack, { telegram, slack })
  await connected('telegram')
  await connected('slack')
  const since = at(await channel('slack'), 'since')
  await gateway.reload(await reload({ telegram: { ...telegram, textChunkLimit: 500 }, slack }))
  await connected('telegram')
  assert.deepEqual(
    made.map(({ name }) => name),
    ['telegram', 'slack', 'telegram'],
  )
  assert.equal(at(await channel('slack'), 'since'), since)
  platforms.telegram.say({ chatId: '42', text: 'echo still there' })
  await eventually('the answer', () => platforms.telegram.posted[0])
  await gateway.reload(await reload({ telegram: { ...telegram, enabled: false }, slack }))
  assert.equal(await channel('telegram').catch(() => undefined), undefined)
  assert.equal(at(await channel('slack'), 'since'), since)
})

test('a channel without a token does not keep the gateway from serving, and says what to do', async () => {
  await using stack = new AsyncDisposableStack()
  const { call, channel, made } = await setUp(stack, { discord: open })
  const health = await channel('discord')
  assert.equal(at(health, 'status'), 'disconnected')
  assert.match(String(at(health, 'remedy')), /channels\.discord\.token.*DISCORD_BOT_TOKEN/)
  const refused = await call('POST', '/api/v1/send', { channel: 'discord', chatId: '1', message: 'Hi' })
  assert.deepEqual([refused.status, at(refused.body, 'error')], [503, 'channel_disconnected'])
  assert.equal((await call('POST', '/api/v1/chat', { message: 'echo Hi' })).status, 200)
  assert.equal(made.length, 0)
})

test('what a platform posts reaches the adapter that asked for it, and nobody else’s', async () => {
  await using stack = new AsyncDisposableStack()
  const { url, call, connected, made } = await setUp(stack, { telegram, slack })
  await connected('telegram')
  await connected('slack')
  assert.equal((await call('POST', '/channels/telegram/webhook', {})).status, 404)
  assert.equal((await call('POST', '/channels/nowhere/webhook', {})).status, 404)
  const [first] = made
  assert.ok(first?.link)
  const seen: unknown[] = []
  first.link.onWebhook(async ({ headers, body }) => {
    seen.push([headers['x-secret'], body])
    return headers['x-secret'] === 'good' ? 200 : 401
  })
  const post = (secretHeader: string) =>
    fetch(`${url}/channels/${first.name}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Secret': secretHeader },
      body: '{"update_id":1}',
    })
  assert.equal((await post('good')).status, 200)
  assert.equal((await post('bad')).status, 401)
  assert.deepEqual(seen, [
    ['good', { update_id: 1 }],
    ['bad', { update_id: 1 }],
  ])
  assert.equal((await fetch(`${url}/channels/telegram/webhook`)).status, 405)
})
