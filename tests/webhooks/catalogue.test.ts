import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { verifyDelivery } from '../../src/domain/webhooks/verify-delivery.ts'
import { webhookEvents } from '../../src/http/schemas/webhook-events.ts'
import { webhookExamples } from '../../src/http/schemas/webhook-examples.ts'
import { hmacSha256 } from '../../src/outgoing/webhooks.ts'
import { at } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { respond, startReceiver } from './support/receiver.ts'

const secret = 'your-webhook-secret'

function schemaOf(document: unknown, event: string): object {
  const schema = at(
    document,
    'webhooks',
    event,
    'post',
    'requestBody',
    'content',
    'application/json',
    'schema',
  )
  assert.ok(typeof schema === 'object' && schema !== null, `the document tells nothing of ${event}`)
  return schema
}

test('what a gateway sends, and each example, is as the API reference says', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const gone = stack.use(await startReceiver((response) => respond(response, 410)))
  const outgoing = [
    { id: 'app', url: receiver.url, secret, allowPrivateNetwork: true },
    { id: 'gone', url: gone.url, events: ['message.sent'], allowPrivateNetwork: true },
  ]
  const gateway = await useGateway(stack, { config: { api: { webhooks: { outgoing } } } })
  const document: unknown = await (await gateway.call('GET', '/api/v1/openapi.json')).json()
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const check = (raw: string): void => {
    const event: unknown = JSON.parse(raw)
    const validate = ajv.compile(schemaOf(document, String(at(event, 'event'))))
    assert.ok(validate(event), `${raw}\n${JSON.stringify(validate.errors)}`)
  }
  await gateway.call('POST', '/api/v1/chat', { message: 'echo Hi' })
  await gateway.call('POST', '/api/v1/webhooks/app/test')
  const received = await receiver.count(5)
  assert.equal(new Set(received.map(({ event }) => event.event)).size, 5)
  for (const { raw } of received) check(raw)
  assert.deepEqual(Object.keys(webhookExamples), Object.keys(webhookEvents))
  for (const [name, raw] of Object.entries(webhookExamples)) {
    check(raw)
    assert.equal(at(JSON.parse(raw), 'event'), name)
    assert.deepEqual(verifyDelivery({ body: raw, headers: {}, secret, now: 0 }, hmacSha256), {
      valid: true,
      by: 'signature',
    })
  }
})

test('the guide tells of every event, with its example', () => {
  const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'webhooks.md'), 'utf8')
  for (const [name, raw] of Object.entries(webhookExamples)) {
    assert.ok(guide.includes(`\`${name}\``), name)
    assert.ok(guide.includes(raw), `${name}: its example`)
  }
})
