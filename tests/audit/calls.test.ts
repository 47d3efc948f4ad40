import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openSocket, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'
import { exported, mustBeWhole, openclaw, recordOf } from './gateway-audit.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    tokens: {
      admin: { scope: ['admin'] },
      reader: { scope: ['read'] },
      slow: { scope: ['chat'], rateLimit: 1 },
      elsewhere: { scope: ['chat'], allowedIPs: ['192.0.2.0/24'] },
    },
  })
})
after(() => stack.disposeAsync())

async function called(
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly token?: string | null } = {},
): Promise<unknown> {
  const { body, token = 'admin' } = options
  const reply = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${gateway.secrets[token] ?? token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  await reply.arrayBuffer()
  return await recordOf(gateway, reply.headers.get('x-request-id') ?? '')
}

/** What a record says, without what is another at each call. */
function summary(record: unknown): unknown {
  return ['method', 'route', 'status', 'error'].map((name) => at(record, name))
}

describe('a call leaves one record', () => {
  const cases = {
    'of a turn': [
      ['POST', '/api/v1/chat', { body: { message: 'Hi' } }],
      ['POST', '/api/v1/chat', 200, null],
    ],
    'of a stream': [
      ['POST', '/api/v1/chat/stream', { body: { message: 'Hi' } }],
      ['POST', '/api/v1/chat/stream', 200, null],
    ],
    'of a turn that its model refuses': [
      ['POST', '/api/v1/chat', { body: { message: 'error 400' } }],
      ['POST', '/api/v1/chat', 502, 'provider_error'],
    ],
    'of a body that cannot be': [
      ['POST', '/api/v1/chat', { body: { messages: 'Hi' } }],
      ['POST', '/api/v1/chat', 400, 'invalid_request'],
    ],
    'of a path with an id, without the id': [
      ['GET', '/api/v1/conversations/conv_secret'],
      ['GET', '/api/v1/conversations/:id', 404, 'not_found'],
    ],
    'of a query, without the query': [
      ['GET', '/api/v1/conversations?cursor=secret'],
      ['GET', '/api/v1/conversations', 400, 'invalid_request'],
    ],
    'of a path that stands nowhere, without the path': [
      ['GET', '/api/v1/secret'],
      ['GET', 'unknown', 404, 'not_found'],
    ],
    'of a method that a path does not take': [
      ['PUT', '/api/v1/chat'],
      ['PUT', 'unknown', 405, 'method_not_allowed'],
    ],
    'of a URL that cannot be read': [
      ['GET', '/%ff'],
      ['GET', 'unknown', 400, 'invalid_request'],
    ],
    'of a token without the scope': [
      ['POST', '/api/v1/chat', { body: { message: 'Hi' }, token: 'reader' }],
      ['POST', '/api/v1/chat', 403, 'insufficient_scope'],
    ],
    'of a token that is not for this address': [
      ['POST', '/api/v1/chat', { body: { message: 'Hi' }, token: 'elsewhere' }],
      ['POST', '/api/v1/chat', 403, 'ip_not_allowed'],
    ],
    'of no token': [
      ['GET', '/api/v1/models', { token: null }],
      ['GET', '/api/v1/models', 401, 'unauthorized'],
    ],
    'of a wrong token': [
      ['GET', '/api/v1/models', { token: 'oc_tok_wrong' }],
      ['GET', '/api/v1/models', 401, 'unauthorized'],
    ],
    'of the page that needs no token': [
      ['GET', '/docs', { token: null }],
      ['GET', '/docs', 200, null],
    ],
    'of the detailed health': [
      ['GET', '/health/detail'],
      ['GET', '/health/detail', 200, null],
    ],
    'of itself': [
      ['GET', '/api/v1/audit'],
      ['GET', '/api/v1/audit', 200, null],
    ],
  } as const
  for (const [what, [call, expected]] of Object.entries(cases)) {
    it(what, async () => {
      const [method, path, options] = call
      assert.deepEqual(summary(await called(method, path, options)), expected)
    })
  }

  it('of one over its limit, and of the one before it, which alone was taken from the limit', async () => {
    const first = await called('POST', '/api/v1/chat', { body: { message: 'Hi' }, token: 'slow' })
    const second = await called('POST', '/api/v1/chat', { body: { message: 'Hi' }, token: 'slow' })
    assert.deepEqual(summary(second), ['POST', '/api/v1/chat', 429, 'rate_limit_exceeded'])
    const rows = await exported(gateway.home)
    const takenAt = (record: unknown): unknown =>
      at(
        rows.find((row) => at(row, 'sequence') === at(record, 'sequence')),
        'countedAt',
      )
    assert.equal(typeof takenAt(first), 'string')
    assert.equal(takenAt(second), null)
  })

  it('of what Node’s parser refuses, by its request id', async () => {
    const reply = await sendRaw(gateway.url, 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n')
    assert.equal(reply.status, 400)
    const record = await recordOf(gateway, reply.headers.get('x-request-id') ?? '')
    assert.deepEqual(summary(record), [null, 'unknown', 400, 'invalid_request'])
  })

  it('of one whose caller went away, with what the turn had used by then', async () => {
    const socket = openSocket(gateway.url)
    socket.on('error', () => undefined)
    const headers = [
      `Authorization: Bearer ${gateway.token}`,
      'X-Request-Id: left',
      'Content-Type: application/json',
    ]
    const body = JSON.stringify({ message: 'slow' })
    socket.write(rawRequest({ method: 'POST', target: '/api/v1/chat/stream', headers, body }))
    socket.once('data', () => socket.destroy())
    const record = await recordOf(gateway, 'left')
    assert.deepEqual(summary(record), ['POST', '/api/v1/chat/stream', 499, null])
    assert.equal(at(record, 'usage', 'model'), 'demo')
  })

  it('with who called, from where, as which request, when, and what it used', async () => {
    const startedAt = Date.now()
    const record = await called('POST', '/api/v1/chat', { body: { message: 'echo one two' } })
    const { id } = { id: at(record, 'actor', 'id') }
    assert.match(String(id), /^tok_/)
    assert.deepEqual(at(record, 'actor'), { type: 'token', id, name: 'admin' })
    assert.equal(at(record, 'ip'), '127.0.0.1')
    assert.match(textAt(record, 'requestId'), /^req_/)
    const time = Date.parse(textAt(record, 'at'))
    assert.ok(time >= startedAt && time <= Date.now())
    assert.deepEqual(at(record, 'usage', 'outputTokens'), 2)
    const stranger = await called('GET', '/api/v1/models', { token: null })
    assert.deepEqual(at(stranger, 'actor'), { type: 'stranger', id: null, name: null })
  })

  it('but for the open health check, which leaves none', async () => {
    const before = (await exported(gateway.home)).length
    for (const method of ['GET', 'HEAD']) await fetch(`${gateway.url}/health?x=1`, { method })
    await called('GET', '/api/v1/models')
    const rows = await exported(gateway.home)
    assert.deepEqual(
      rows.slice(before).filter((row) => at(row, 'route') === '/health'),
      [],
    )
  })
})

describe('a change leaves a record', () => {
  it('of each token that the command line makes, rotates and revokes, with the user', async () => {
    const before = (await exported(gateway.home)).length
    const { stdout } = await openclaw(
      gateway.home,
      'token',
      'create',
      '--name',
      'made',
      '--scope',
      'chat',
      '--json',
    )
    const id = textAt(JSON.parse(stdout), 'id')
    for (const command of ['rotate', 'revoke', 'revoke', 'rotate'])
      await openclaw(gateway.home, 'token', command, id)
    const changes = (await exported(gateway.home)).slice(before).filter((row) => at(row, 'action') !== null)
    assert.deepEqual(
      changes.map((row) => [at(row, 'action'), at(row, 'target')]),
      ['token.created', 'token.rotated', 'token.revoked'].map((action) => [action, id]),
    )
    for (const row of changes)
      assert.deepEqual(at(row, 'actor'), { type: 'cli', id: null, name: userInfo().username })
  })

  it('of a config that counts from now on', async () => {
    const file = join(gateway.home, 'openclaw.json5')
    await writeFile(file, (await readFile(file, 'utf8')).replace('{', '{ audit: { retentionDays: 30 },'))
    const record = await eventually('the record of the reload', async () =>
      (await exported(gateway.home)).find((row) => at(row, 'action') === 'config.reloaded'),
    )
    assert.deepEqual(at(record, 'actor'), { type: 'worker', id: null, name: 'config' })
  })

  it('and the chain of all of them is whole, written by several processes', async () => {
    await mustBeWhole(gateway.home)
  })
})

describe('the first start', () => {
  it('records the token that it makes', async (t) => {
    const alone = await useGateway(stack, { tokens: {} })
    t.after(() => alone.stop())
    const [first] = await exported(alone.home)
    assert.equal(at(first, 'action'), 'token.created')
    assert.equal(listAt([first]).length, 1)
  })
})
