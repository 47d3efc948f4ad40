import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedProvider, saying } from '../support/scripted-provider.ts'
import { type AskedRequest, ask, type ConnectionReply } from './support/connection.ts'
import { handClock, hostGateway } from './support/hosted-gateway.ts'
import { type ListMember, parseStructuredList } from './support/structured-list.ts'

const names = [
  'ratelimit',
  'ratelimit-policy',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
] as const

function wholeNumber(reply: ConnectionReply, name: (typeof names)[number]): number {
  const text = reply.headers.get(name) ?? ''
  assert.match(text, /^(0|[1-9]\d*)$/, name)
  return Number(text)
}

/** Fails where the five headers are not well formed or contradict one another; returns what is left of each policy. */
function checkHeaders(reply: ConnectionReply): Readonly<Record<string, number>> {
  const policies = parseStructuredList(reply.headers.get('ratelimit-policy'))
  const limits = parseStructuredList(reply.headers.get('ratelimit'))
  assert.deepEqual(
    limits.map(({ name }) => name),
    policies.map(({ name }) => name),
  )
  for (const { parameters } of policies) assert.deepEqual(Object.keys(parameters), ['q', 'w'])
  for (const { parameters } of limits) assert.deepEqual(Object.keys(parameters), ['r', 't'])
  for (const [i, { parameters }] of limits.entries()) {
    const { r = -1, t = -1 } = parameters
    const { q = -1, w = -1 } = policies[i]?.parameters ?? {}
    assert.ok(r >= 0 && r <= q, `${r} of ${q}`)
    assert.ok(t >= (r === 0 ? 1 : 0) && t <= w, `${t} of ${w} s`)
  }
  const [tightest] = limits
  assert.equal(wholeNumber(reply, 'x-ratelimit-limit'), policies[0]?.parameters.q)
  assert.equal(wholeNumber(reply, 'x-ratelimit-remaining'), tightest?.parameters.r)
  assert.ok(wholeNumber(reply, 'x-ratelimit-reset') >= (tightest?.parameters.t ?? Number.NaN))
  return Object.fromEntries(limits.map(({ name, parameters }: ListMember) => [name, parameters.r ?? -1]))
}

test('every reply to a known token says where it stands, whatever its status, and each counts one', async () => {
  await using gateway = await hostGateway({
    api: {
      rateLimit: {
        perToken: { windowMs: 60_000, maxRequests: 40 },
        global: { windowMs: 10_000, maxRequests: 100 },
      },
    },
    tokens: { chatter: { scope: ['chat', 'read'] } },
    providers: [new ScriptedProvider('scripted', ['one'], () => saying('Hello.'))],
    clock: handClock(Date.parse('2026-04-09T10:00:00Z')),
  })
  const token = gateway.secret('chatter')
  const chat = '/api/v1/chat'
  const requests: readonly (readonly [number, AskedRequest])[] = [
    [200, { target: '/api/v1/models' }],
    [200, { method: 'HEAD', target: '/api/v1/models' }],
    [200, { method: 'POST', target: chat, body: { message: 'x' } }],
    [200, { method: 'POST', target: `${chat}/stream`, body: { message: 'x' } }],
    [400, { method: 'POST', target: chat, body: { mesage: 'x' } }],
    [400, { target: '/api/v1/conversations?limit=0' }],
    [403, { method: 'POST', target: '/api/v1/send', body: {} }],
    [404, { target: '/api/v1/conversations/conv_none' }],
    [404, { method: 'POST', target: chat, body: { message: 'x', model: 'none' } }],
    [404, { target: '/api/v1/nothing' }],
    [405, { method: 'PUT', target: chat }],
    [413, { method: 'POST', target: chat, body: { message: 'x'.repeat(1_100_000) } }],
    [415, { method: 'POST', target: chat, body: { message: 'x' }, contentType: 'text/plain' }],
  ]
  let left = 40
  for (const [status, request] of requests) {
    const reply = await ask(gateway.url, { ...request, token })
    left--
    assert.equal(reply.status, status, `${request.method} ${request.target}`)
    assert.deepEqual(checkHeaders(reply), { token: left, global: left + 60 }, `${status} ${request.target}`)
  }
  while (left > 0) {
    left--
    checkHeaders(await ask(gateway.url, { target: '/api/v1/models', token }))
  }
  const refused = await ask(gateway.url, { target: '/api/v1/models', token })
  assert.equal(refused.status, 429)
  assert.deepEqual(checkHeaders(refused), { token: 0, global: 60 })
  assert.equal(refused.headers.get('x-ratelimit-reset'), refused.headers.get('retry-after'))
})

test('a stranger is told nothing of any limit', async () => {
  await using gateway = await hostGateway()
  for (const request of [
    { target: '/health' },
    { target: '/api/v1/models' },
    { target: '/api/v1/models', token: 'wrong' },
    { target: '/nothing' },
  ]) {
    const reply = await ask(gateway.url, request)
    for (const name of names) assert.equal(reply.headers.get(name), null, `${name} at ${request.target}`)
  }
})

test('the strict reader of these headers refuses what is no list of strings with integers', () => {
  const good = '"token";q=60;w=60, "global";q=5;w=1'
  assert.equal(parseStructuredList(good).length, 2)
  for (const text of [
    '',
    'token;q=1',
    '"token;q=1',
    `${good},`,
    `${good},,"x"`,
    '"a";Q=1',
    '"a";q=1.5',
    '"a";q',
    '"a" ;q=1',
    '"a";q=1 "b"',
    '"ä"',
    '"a";q=1;q=2',
    '60, 60;w=60',
  ]) {
    assert.throws(() => parseStructuredList(text), text)
  }
})
