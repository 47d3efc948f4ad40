import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'
import { exported, openclaw } from './gateway-audit.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    config: {
      api: {
        trustedProxies: ['127.0.0.0/8'],
        security: { cors: { enabled: true, origins: ['https://app.example'] } },
      },
    },
  })
})
after(() => stack.disposeAsync())

test('no record holds anything of a caller’s own words, keys or content, in the database, the export or the API', async () => {
  const planted: string[] = []
  const plant = (): string => {
    const word = `plant${randomBytes(12).toString('hex')}`
    planted.push(word)
    return word
  }
  const authorized = { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' }
  const chat = {
    message: `echo ${plant()}`,
    systemPrompt: plant(),
    conversationId: plant(),
    metadata: { [plant()]: plant() },
  }
  const calls: readonly (readonly [
    method: string,
    path: string,
    headers?: Record<string, string>,
    body?: unknown,
  ])[] = [
    ['POST', '/api/v1/chat', authorized, chat],
    ['POST', '/api/v1/chat/stream', authorized, { ...chat, message: `echo ${plant()}` }],
    ['POST', '/api/v1/chat', authorized, { ...chat, model: plant() }],
    ['POST', '/api/v1/chat', authorized, { ...chat, [plant()]: plant() }],
    ['POST', '/api/v1/chat', authorized, plant()],
    ['POST', '/api/v1/send', authorized, { channel: plant(), chatId: plant(), message: plant() }],
    ['GET', `/api/v1/conversations/${plant()}`, authorized],
    ['GET', `/api/v1/conversations?cursor=${plant()}&${plant()}=${plant()}`, authorized],
    ['GET', `/api/v1/audit?token=${plant()}&since=${plant()}`, authorized],
    ['GET', `/${plant()}/${plant()}?${plant()}`],
    ['GET', `/api/v1/${plant()}%ff`],
    ['GET', '/api/v1/models', { Authorization: `Bearer oc_tok_${plant()}` }],
    [
      'GET',
      '/api/v1/models',
      { Authorization: `Basic ${plant()}`, Cookie: plant(), 'User-Agent': plant(), Referer: plant() },
    ],
    ['GET', '/api/v1/models', { 'X-Request-Id': `${plant()} is no id of ours` }],
    ['GET', '/api/v1/models', { 'X-Forwarded-For': plant() }],
    [
      'OPTIONS',
      '/api/v1/chat',
      { Origin: `https://${plant()}.example`, 'Access-Control-Request-Method': 'POST' },
    ],
  ]
  let statuses = 0
  for (const [method, target, headers = {}, body] of calls) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const payload = body === undefined ? {} : { body: JSON.stringify(body) }
    statuses += (await sendRaw(gateway.url, rawRequest({ method, target, headers: lines, ...payload })))
      .status
  }
  await sendRaw(gateway.url, `GET / HTTP/1.1\r\nHost: ${plant()}.example\r\nConnection: close\r\n\r\n`)
  await sendRaw(gateway.url, `${plant()} / HTTP/1.1\r\n${plant()}: ${plant()}\r\n\r\n`)
  assert.ok(statuses > 0)
  await openclaw(gateway.home, 'token', 'create', '--name', 'a name', '--scope', plant())

  const fromApi = await (await gateway.call('GET', '/api/v1/audit?limit=100')).text()
  const rows = await exported(gateway.home)
  assert.ok(rows.length > calls.length, 'every call has a record')
  const database = new DatabaseSync(join(gateway.home, 'state', 'openclaw.db'), { readOnly: true })
  const stored = database.prepare('SELECT * FROM audit_records').all()
  database.close()
  assert.equal(stored.length, rows.length)
  const everything = JSON.stringify([fromApi, rows, stored])
  for (const word of [...planted, gateway.token])
    assert.ok(!everything.includes(word), `${word} is in a record`)
  // The net holds fish: what may be there is.
  assert.ok(everything.includes('/api/v1/conversations/:id'))
})
