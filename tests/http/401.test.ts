import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { apiOperations } from '../support/api-document.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    tokens: {
      admin: { scope: ['admin'] },
      past: { scope: ['admin'], expiresAt: '2020-01-01' },
    },
  })
})
after(() => stack.disposeAsync())

function models(...headers: readonly string[]): Promise<RawReply> {
  return sendRaw(gateway.url, rawRequest({ target: '/api/v1/models', headers }))
}

async function sentence(reply: RawReply | Response): Promise<string> {
  const body = await expectError(reply, 401, 'unauthorized')
  assert.equal(reply.headers.get('www-authenticate'), 'Bearer')
  return textAt(body, 'message')
}

test('a request without a token is told which header to send', async () => {
  assert.match(await sentence(await models()), /Authorization: Bearer oc_tok_/)
})

test('every operation that needs a scope refuses a request without a token', async () => {
  const guarded = (await apiOperations(gateway.url)).filter((operation) => operation.scope !== undefined)
  assert.ok(guarded.length >= 9)
  for (const { method, path } of guarded) {
    await sentence(await fetch(gateway.url + path.replace('{id}', 'conv_1'), { method }))
  }
})

test('what is open needs no token: /health, the document and its page', async () => {
  const open = (await apiOperations(gateway.url)).filter((operation) => operation.scope === undefined)
  assert.deepEqual(open.map(({ path }) => path).sort(), ['/api/v1/openapi.json', '/docs', '/health'])
  for (const { path } of open) assert.equal((await fetch(gateway.url + path)).status, 200)
})

test('a header that is no bearer token is refused with the form that it must have', async () => {
  const { token } = gateway
  for (const value of [
    '',
    'Bearer',
    'Bearer ',
    token,
    `Basic ${token}`,
    `Bearer:${token}`,
    `Bearer ${token} x`,
    `Bearer ${token},`,
    `Token ${token}`,
    `Bearer\t${token}`,
  ]) {
    const said = await sentence(await models(`Authorization: ${value}`))
    assert.ok(!said.includes(token))
  }
})

test('the scheme is read without regard to case, and spaces around the token do not count', async () => {
  for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
    assert.equal((await models(`Authorization: ${scheme} ${gateway.token}`)).status, 200)
  }
  assert.equal((await models(`Authorization:   Bearer ${gateway.token}   `)).status, 200)
})

test('an unknown token is refused, however close it is to a known one', async () => {
  const { token } = gateway
  const wrong = [
    `${token}x`,
    token.slice(0, -1),
    token.toUpperCase(),
    ` ${token}`.trim().replace(/.$/, '_'),
    'a',
    'oc_tok_',
    'null',
    'undefined',
  ]
  for (const secret of wrong) {
    assert.match(await sentence(await models(`Authorization: Bearer ${secret}`)), /not known/)
  }
})

test('a token counts in the header alone: not in the query, a cookie or the body', async () => {
  const { token, url } = gateway
  for (const query of [`token=${token}`, `access_token=${token}`, `api_key=${token}`]) {
    await sentence(await fetch(`${url}/api/v1/models?${query}`))
    await sentence(await fetch(`${url}/api/v1/chat?${query}`, { method: 'POST', body: '{"message":"x"}' }))
  }
  await sentence(await models(`Cookie: token=${token}`, `X-Api-Key: ${token}`))
  const body = JSON.stringify({ message: 'x', token })
  await sentence(
    await fetch(`${url}/api/v1/chat`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    }),
  )
  assert.ok(!gateway.output().includes(token))
})

test('two Authorization headers are not taken for one good one', async () => {
  const reply = await models('Authorization: Bearer wrong', `Authorization: Bearer ${gateway.token}`)
  assert.notEqual(reply.status, 200)
})

test('a token of 10,000 characters is unknown, and one of a megabyte does not even reach the gateway', async () => {
  await sentence(await models(`Authorization: Bearer ${'a'.repeat(10_000)}`))
  await expectError(await models(`Authorization: Bearer ${'a'.repeat(1_000_000)}`), 431, 'headers_too_large')
})

test('an expired token is refused and told so', async () => {
  assert.match(await sentence(await models(`Authorization: Bearer ${gateway.secrets.past}`)), /expired/)
})

test('authentication comes before the body: a stranger is not told what is wrong with it', async () => {
  const { url } = gateway
  const headers = { 'Content-Type': 'text/plain' }
  await sentence(await fetch(`${url}/api/v1/chat`, { method: 'POST', body: '{', headers }))
  await sentence(await fetch(`${url}/api/v1/chat`, { method: 'POST', body: 'x'.repeat(2_000_000), headers }))
})
