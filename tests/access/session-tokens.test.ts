import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { textAt } from '../support/json.ts'
import { type HandClock, type HostedGateway, handClock, hostGateway } from './support/hosted-gateway.ts'

const page = 'https://app.example'

interface Made {
  readonly token: string
  readonly id: string
}

async function forPages(): Promise<{ readonly gateway: HostedGateway; readonly clock: HandClock }> {
  const clock = handClock(Date.parse('2026-04-09T10:00:00Z'))
  const gateway = await hostGateway({
    api: { security: { cors: { origins: [page, 'https://other.example'] } } },
    tokens: {
      admin: { scope: ['admin'] },
      app: { scope: ['chat'], allowedIPs: ['127.0.0.1'] },
      other: { scope: ['chat'] },
      reader: { scope: ['read'] },
    },
    clock,
  })
  return { gateway, clock }
}

function call(
  gateway: HostedGateway,
  path: string,
  secret: string,
  body: object | undefined,
  origin?: string,
): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(origin === undefined ? {} : { Origin: origin }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function mint(gateway: HostedGateway, more: object = {}, by = 'app'): Promise<Made> {
  const reply = await call(gateway, '/api/v1/tokens/session', gateway.secret(by), { origin: page, ...more })
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  assert.equal(reply.headers.get('cache-control'), 'no-store')
  return { token: textAt(body, 'token'), id: textAt(body, 'id') }
}

const chat = '/api/v1/chat'
const hello = { message: 'hello' }

test("a page's token chats from its origin, and from no other and from none", async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  const { token } = await mint(gateway)
  assert.match(token, /^oc_ses_/)
  const reply = await call(gateway, chat, token, hello, page)
  assert.equal(reply.status, 200)
  assert.equal(reply.headers.get('access-control-allow-origin'), page)
  assert.match(reply.headers.get('ratelimit-policy') ?? '', /q=10;w=60/)
  await expectError(
    await call(gateway, chat, token, hello, 'https://other.example'),
    403,
    'origin_not_allowed',
  )
  await expectError(await call(gateway, chat, token, hello), 403, 'origin_not_allowed')
})

test("a page's token can do nothing but chat, and makes no further ones", async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  const { token } = await mint(gateway)
  for (const path of ['/api/v1/conversations', '/api/v1/models', '/health/detail', '/api/v1/audit'])
    await expectError(await call(gateway, path, token, undefined, page), 403, 'insufficient_scope')
  const send = { channel: 'telegram', chatId: '1', message: 'x' }
  await expectError(await call(gateway, '/api/v1/send', token, send, page), 403, 'insufficient_scope')
  const again = await call(gateway, '/api/v1/tokens/session', token, { origin: page }, page)
  await expectError(again, 403, 'insufficient_scope')
})

test('a conversation belongs to the page that opened it, also under a token that continues it', async () => {
  const { gateway, clock } = await forPages()
  await using _ = gateway
  const first = await mint(gateway)
  const second = await mint(gateway)
  const opened: unknown = await (await call(gateway, chat, first.token, hello, page)).json()
  const more = { ...hello, conversationId: textAt(opened, 'conversationId') }
  assert.equal((await call(gateway, chat, first.token, more, page)).status, 200)
  await expectError(await call(gateway, chat, second.token, more, page), 409, 'conflict')
  await expectError(await call(gateway, chat, gateway.secret('app'), more), 409, 'conflict')
  clock.advance(20 * 60_000)
  const late = await call(gateway, chat, first.token, more, page)
  const told = await expectError(late, 401, 'unauthorized')
  assert.match(textAt(told, 'message'), /POST \/api\/v1\/tokens\/session/)
  const third = await mint(gateway, { continues: first.token })
  assert.equal(third.id, first.id)
  assert.equal((await call(gateway, chat, third.token, more, page)).status, 200)
})

test('nobody continues what another token began, and no origin another one', async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  const { token } = await mint(gateway)
  const path = '/api/v1/tokens/session'
  const asked = { origin: page, continues: token }
  await expectError(await call(gateway, path, gateway.secret('other'), asked), 400, 'invalid_request')
  const elsewhere = { ...asked, origin: 'https://other.example' }
  await expectError(await call(gateway, path, gateway.secret('app'), elsewhere), 400, 'invalid_request')
  const forged = { ...asked, continues: `${token.slice(0, -2)}xx` }
  await expectError(await call(gateway, path, gateway.secret('app'), forged), 400, 'invalid_request')
})

test('an origin that is written in another way is refused with the one that was meant', async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  for (const origin of [`${page}/`, `${page}/chat?x=1`, 'HTTPS://App.Example', 'https://app.example:443']) {
    const reply = await call(gateway, '/api/v1/tokens/session', gateway.secret('app'), { origin })
    const body = await expectError(reply, 400, 'invalid_request')
    assert.match(textAt(body, 'message'), /Did you mean "https:\/\/app\.example"\?/)
  }
  for (const origin of ['app.example', '*', 'null', 'https://evil.example', 'javascript:alert(1)']) {
    const reply = await call(gateway, '/api/v1/tokens/session', gateway.secret('app'), { origin })
    const body = await expectError(reply, 400, 'invalid_request')
    assert.match(textAt(body, 'message'), /api\.security\.cors\.origins/)
  }
})

test('a token that was changed in one character is refused', async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  const { token } = await mint(gateway)
  for (const at of [8, 60, token.indexOf('.') + 5]) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    await expectError(await call(gateway, chat, changed, hello, page), 401, 'unauthorized')
  }
})

test('its own small limit holds, and it lives for as long as it was asked for and no longer', async () => {
  const { gateway, clock } = await forPages()
  await using _ = gateway
  const { token } = await mint(gateway, { rateLimit: 2, ttlSeconds: 60 })
  assert.equal((await call(gateway, chat, token, hello, page)).status, 200)
  assert.equal((await call(gateway, chat, token, hello, page)).status, 200)
  await expectError(await call(gateway, chat, token, hello, page), 429, 'rate_limit_exceeded')
  clock.advance(60_000)
  await expectError(await call(gateway, chat, token, hello, page), 401, 'unauthorized')
})

test('only a token with scope chat makes one, and only for an origin that may call', async () => {
  const { gateway } = await forPages()
  await using _ = gateway
  const path = '/api/v1/tokens/session'
  const origin = { origin: page }
  await expectError(await call(gateway, path, gateway.secret('reader'), origin), 403, 'insufficient_scope')
  const unknown = { origin: 'https://evil.example' }
  await expectError(await call(gateway, path, gateway.secret('app'), unknown), 400, 'invalid_request')
  const long = { ...origin, ttlSeconds: 901 }
  await expectError(await call(gateway, path, gateway.secret('app'), long), 400, 'invalid_request')
})
