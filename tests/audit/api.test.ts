import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { AuditReply } from '../../src/http/schemas/audit.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { openclaw } from './gateway-audit.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
const isReply = new Ajv2020({ strict: false, validateFormats: false }).compile(AuditReply)

before(async () => {
  gateway = await useGateway(stack, {
    tokens: {
      admin: { scope: ['admin'] },
      app: { scope: ['chat', 'read'] },
      other: { scope: ['chat', 'read', 'send'] },
    },
  })
  for (let i = 0; i < 30; i++) await call('app', '/api/v1/models')
  await call('app', '/api/v1/conversations/conv_none')
  await call('other', '/api/v1/conversations/conv_none')
  await call('other', '/api/v1/models')
  await gateway.call('POST', '/api/v1/chat', { message: 'Hi' }, gateway.secrets.other)
  await openclaw(gateway.home, 'token', 'create', '--name', 'new', '--scope', 'chat')
})
after(() => stack.disposeAsync())

async function call(token: string, path: string): Promise<void> {
  await (await gateway.call('GET', path, undefined, gateway.secrets[token])).arrayBuffer()
}

async function page(query: string): Promise<unknown> {
  const reply = await gateway.call('GET', `/api/v1/audit${query}`)
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  assert.ok(isReply(body), JSON.stringify(isReply.errors))
  return body
}

describe('GET /api/v1/audit', () => {
  it('gives twenty records, newest first, as the API reference says', async () => {
    const body = await page('')
    const sequences = listAt(body, 'data').map((row) => numberAt(row, 'sequence'))
    assert.equal(sequences.length, 20)
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => b - a),
    )
    assert.equal(at(body, 'hasMore'), true)
    assert.equal(at(body, 'data', 0, 'action'), 'token.created')
  })

  it('can be paged through: every record once, though others come meanwhile', async () => {
    const seen: number[] = []
    let query = '?limit=7&token=app'
    for (;;) {
      const body = await page(query)
      seen.push(...listAt(body, 'data').map((row) => numberAt(row, 'sequence')))
      if (at(body, 'hasMore') !== true) {
        assert.equal(at(body, 'nextCursor'), null)
        break
      }
      query = `?limit=7&token=app&cursor=${textAt(body, 'nextCursor')}`
    }
    assert.equal(seen.length, 31)
    assert.equal(new Set(seen).size, 31)
  })

  it('filters by token, status, class of status and time, together too', async () => {
    const count = async (query: string): Promise<number> =>
      listAt(await page(`?limit=100${query}`), 'data').length
    assert.equal(await count('&token=other'), 3)
    assert.equal(await count('&token=other&status=404'), 1)
    assert.equal(await count('&token=app&status=4xx'), 1)
    assert.equal(await count('&token=app&status=5xx'), 0)
    assert.equal(await count('&token=nobody-has-this-name'), 0)
    assert.equal(await count('&token=app&since=1h'), 31)
    assert.equal(await count('&token=app&since=2000-01-01'), 31)
    assert.equal(await count(`&token=app&since=${new Date(Date.now() + 60_000).toISOString()}`), 0)
    const id = textAt(await page('?token=other&limit=1'), 'data', 0, 'actor', 'id')
    assert.equal(await count(`&token=${id}`), 3)
  })

  it('shows what a turn has used', async () => {
    const rows = listAt(await page('?token=other'), 'data')
    const turn = rows.find((row) => at(row, 'route') === '/api/v1/chat')
    assert.equal(at(turn, 'usage', 'model'), 'demo')
    assert.ok(numberAt(turn, 'usage', 'outputTokens') > 0)
  })

  it('has the caller’s own calls of just before', async () => {
    for (let i = 0; i < 20; i++) {
      const reply = await gateway.call('GET', '/api/v1/models')
      await reply.arrayBuffer()
      const body = await page('?limit=3')
      const ids = listAt(body, 'data').map((row) => at(row, 'requestId'))
      assert.ok(ids.includes(reply.headers.get('x-request-id')))
    }
  })

  it('needs scope admin', async () => {
    const reply = await gateway.call('GET', '/api/v1/audit', undefined, gateway.secrets.other)
    await expectError(reply, 403, 'insufficient_scope')
  })

  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'status=abc',
    'status=99',
    'status=600',
    'status=4x',
    'since=yesterday',
    'since=1',
    'since=2026-13-45',
    'cursor=nonsense',
    `cursor=${Buffer.from('messages:5').toString('base64url')}`,
    'tokn=app',
    'token=a&token=b',
  ]) {
    it(`refuses ?${query}`, async () => {
      await expectError(await gateway.call('GET', `/api/v1/audit?${query}`), 400, 'invalid_request')
    })
  }
})
