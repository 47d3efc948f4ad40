import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, type EventValue } from './canonical-json.ts'
import { deliveryHeaders, type HmacSha256, signedBody } from './sign.ts'

const hmac: HmacSha256 = (key, text, encoding) => createHmac('sha256', key).update(text).digest(encoding)

const event = {
  id: 'evt_01JRD3Q0V8W9X0Y1Z2A3B4C5D6',
  event: 'message.received',
  timestamp: '2026-04-09T10:30:00Z',
  data: {
    messageId: 'msg_xyz789',
    conversationId: 'conv_123',
    channel: 'telegram',
    chatId: '123456789',
    from: { id: 'user_456', name: 'Alice' },
    content: 'The message content sent by the user',
    timestamp: '2026-04-09T10:30:00Z',
  },
}

const vectors = [
  {
    secret: 'your-webhook-secret',
    inBody: 'sha256=a5ac1b09096a74077fed476f9bbaadc86981d7ad6aa66b2b8a4c7ddb5912f569',
    header: 'sha256=950f3d9428e7970fbe973a9491c8e88a0951ecf8a6dd737c48c789db0dc0df98',
    standard: 'v1,FEJtZSrD0UHm3VS1fXQKa9856Sh2e3kJAx+USdKu1DE=',
  },
  {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    inBody: 'sha256=6eebc3529b6fc6664d117f4235dde3f8a398269e54d62f0d8bbad32240254da3',
    header: 'sha256=8fd2844e7464d840784e10012a66924d9d0824a25ce42263cf56f4e2675de372',
    standard: 'v1,nkICTVOWjJ4GwZyc+JzG9kUh8mLIZ1cgeNE/usUlRDI=',
  },
]

function headersOf(
  body: string,
  secret: string | null,
  previousSecrets: readonly string[] = [],
): Record<string, string> {
  const { id: eventId, event: name } = event
  const attempt = {
    eventId,
    event: name,
    deliveryId: 'dlv_1',
    at: 1_775_730_600,
    body,
    secret,
    previousSecrets,
    version: '1.0.0',
  }
  return deliveryHeaders(attempt, hmac)
}

for (const { secret, inBody, header, standard } of vectors) {
  test(`a delivery signed with ${secret.slice(0, 6)}… has the published bytes`, () => {
    assert.equal(canonicalJson({ ...event, type: event.event }).length, 355)
    const body = signedBody(event, secret, hmac)
    assert.equal(Buffer.byteLength(body), 441)
    assert.equal(JSON.parse(body).signature, inBody)
    const headers = headersOf(body, secret)
    assert.equal(headers['x-openclaw-signature-256'], header)
    assert.equal(headers['webhook-signature'], standard)
  })
}

test('after a change of the secret both signatures stand in webhook-signature, the new one first', () => {
  const [first, second] = vectors
  assert.ok(first && second)
  const body = signedBody(event, first.secret, hmac)
  const signatures = headersOf(body, first.secret, [second.secret])['webhook-signature']?.split(' ')
  assert.equal(signatures?.length, 2)
  assert.equal(signatures[0], first.standard)
})

test('without a secret nothing claims to be signed', () => {
  const body = signedBody(event, null, hmac)
  assert.equal('signature' in JSON.parse(body), false)
  assert.deepEqual(
    Object.keys(headersOf(body, null)).filter((name) => name.includes('signature')),
    [],
  )
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constant('","signature":"sha256=00"}'),
  fc.constant('\ud800 alone \udc00'),
)
const value: fc.Arbitrary<EventValue> = fc.letrec<{ value: EventValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value

test('any event can be verified in each of the three ways of the guide, whatever stands in it', () => {
  const secret = 'your-webhook-secret'
  const guide = (payload: string): string =>
    `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`
  fc.assert(
    fc.property(fc.dictionary(text, value, { maxKeys: 5 }), (data) => {
      const raw = signedBody({ ...event, data }, secret, hmac)
      const parsed = JSON.parse(raw)
      assert.equal(headersOf(raw, secret)['x-openclaw-signature-256'], guide(raw))
      assert.equal(parsed.signature, guide(`${raw.slice(0, raw.lastIndexOf(',"signature":"'))}}`))
      const { signature, ...rest } = parsed
      assert.equal(signature, guide(canonicalJson(rest)))
      assert.ok(raw.isWellFormed())
    }),
  )
})

test('keys are sorted by UTF-16 code units, as RFC 8785 has it', () => {
  const sample = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }
  assert.equal(
    canonicalJson(sample),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  )
})

test('a number that languages write differently is refused', () => {
  for (const number of [0.1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => canonicalJson({ number }), RangeError)
  }
})
