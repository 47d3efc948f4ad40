import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

function post(body: string | Buffer, target = '/api/v1/chat'): Promise<RawReply> {
  const headers = [`Authorization: Bearer ${gateway.token}`, 'Content-Type: application/json']
  return sendRaw(gateway.url, rawRequest({ method: 'POST', target, headers, body }))
}

async function sentenceAbout(body: string | Buffer): Promise<string> {
  return textAt(await expectError(await post(body), 400, 'invalid_request'), 'message')
}

test('an empty body, or one of white space, is refused with an example of a right one', async () => {
  for (const body of ['', ' ', '\r\n\t ']) {
    const sentence = await sentenceAbout(body)
    assert.match(sentence, /empty/)
    assert.match(sentence, /"message"/)
  }
})

test('a body that is no object is refused, whatever JSON it is', async () => {
  for (const body of ['null', 'true', '5', '"message"', '[]', '[{"message":"x"}]']) {
    assert.match(await sentenceAbout(body), /JSON object/, body)
  }
})

test('malformed JSON is refused with the place where it breaks', async () => {
  assert.match(await sentenceAbout('{"message": "x",}'), /not valid JSON \(at character 16\)/)
  for (const body of [
    '{',
    '{"message"',
    "{'message':'x'}",
    '{"message":"x"} {}',
    '{message:"x"}',
    '{"a":NaN}',
    '{"a":01}',
  ]) {
    assert.match(await sentenceAbout(body), /not valid JSON/, body)
  }
})

test('a message is not repeated in the error about broken JSON', async () => {
  const reply = await post('{"message": "my password is hunter2", }')
  assert.ok(!reply.body.includes('hunter2'))
})

test('a NUL byte in the body is refused', async () => {
  assert.match(await sentenceAbout(Buffer.from('{"message":"a\0b"}')), /NUL/)
  assert.match(await sentenceAbout(Buffer.from('{"message":"x"}\0')), /NUL/)
})

test('an escaped NUL is refused in every value and every name, however deep', async () => {
  const bodies = [
    '{"message":"a\\u0000b"}',
    '{"message":"x","systemPrompt":"\\u0000"}',
    '{"message":"x","model":"demo\\u0000"}',
    '{"message":"x","metadata":{"a":"\\u0000"}}',
    '{"message":"x","metadata":{"a\\u0000":"b"}}',
    '{"message":"x","a\\u0000":"b"}',
    '{"message":"x","metadata":{"a":{"b":["\\u0000"]}}}',
  ]
  for (const body of bodies) assert.match(await sentenceAbout(body), /NUL/, body)
})

test('a body that is no UTF-8 is refused', async () => {
  const broken = [
    [0xff],
    [0xc3, 0x28],
    // An overlong slash, a surrogate, and a code point above the last one.
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    // A character cut in two.
    [0xe2, 0x82],
  ]
  for (const bytes of broken) {
    const body = Buffer.concat([Buffer.from('{"message":"'), Buffer.from(bytes), Buffer.from('"}')])
    assert.match(await sentenceAbout(body), /UTF-8/, bytes.join(' '))
  }
  assert.match(await sentenceAbout(Buffer.from('{"message":"Hi"}', 'utf16le')), /NUL|UTF-8/)
})

test('a body that nests 65 levels is refused for its depth, one of 64 is not', async () => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  assert.match(await sentenceAbout(nested(65)), /deeper than 64 levels/)
  assert.match(await sentenceAbout(nested(64)), /no field "a"/)
  const objects = `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`
  assert.match(await sentenceAbout(objects), /deeper than 64 levels/)
})

test('a body that nests 100,000 levels is refused and the gateway serves on', async () => {
  assert.match(await sentenceAbout(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /deeper than 64/)
  assert.match(
    await sentenceAbout(`{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`),
    /deeper than 64/,
  )
  assert.match(await sentenceAbout('['.repeat(100_000)), /not valid JSON/)
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
})

test('__proto__, constructor and prototype are unknown fields and pollute nothing', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
    const reply = await post(`{"message":"echo x","${name}":{"model":"polluted","admin":true}}`)
    const body = await expectError(reply, 400, 'invalid_request')
    assert.equal(at(body, 'details', 'field'), name)
  }
  const metadata = await post('{"message":"echo x","metadata":{"__proto__":"y","constructor":"z"}}')
  assert.equal(metadata.status, 200)
  const next = await post('{"message":"echo after"}')
  assert.deepEqual([next.status, at(JSON.parse(next.body), 'model')], [200, 'demo'])
})

test('what cannot be stored as text is replaced, never an error of the gateway', async () => {
  const lone = await post('{"message":"echo \\ud800!","metadata":{"a":"\\udfff"},"systemPrompt":"\\ud800"}')
  assert.equal(lone.status, 200)
  assert.equal(at(JSON.parse(lone.body), 'content'), '\ufffd!')
  const retired = await post('{"message":"echo x","model":"\\ud800/claude-sonnet-4-20250514"}')
  assert.ok([200, 404].includes(retired.status), retired.body)
  await expectError(await post('{"message":"echo x","model":"\\ud800"}'), 404, 'model_not_found')
})

test('a body is refused in the same way on every route that takes one', async () => {
  for (const target of ['/api/v1/chat', '/api/v1/chat/stream', '/api/v1/send']) {
    await expectError(await post('{', target), 400, 'invalid_request')
    await expectError(await post('[]', target), 400, 'invalid_request')
    await expectError(await post('{}', target), 400, 'invalid_request')
    await expectError(
      await post('{"message":"x","channel":"a","chatId":"b","nope":1}', target),
      400,
      'invalid_request',
    )
  }
})

test('nothing that was refused has left a conversation behind', async () => {
  await post('{"message":"echo x","conversationId":"refused","temprature":1}')
  const listed: unknown = await (await gateway.call('GET', '/api/v1/conversations?limit=100')).json()
  assert.ok(!listAt(listed, 'data').some((row) => at(row, 'id') === 'refused'))
})

test('a body that is missing or wrong is answered with an example that this very path takes', async () => {
  const paths = ['/api/v1/chat', '/api/v1/chat/stream', '/v1/chat/completions', '/v1/messages']
  for (const path of paths) {
    for (const body of [undefined, '', '[]']) {
      const headers = {
        Authorization: `Bearer ${gateway.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      }
      const reply = await fetch(gateway.url + path, {
        method: 'POST',
        headers,
        ...(body === undefined ? {} : { body }),
      })
      const text = await reply.text()
      assert.equal(reply.status, 400, text)
      const parsed: unknown = JSON.parse(text)
      const sentence = String(at(parsed, 'error', 'message') ?? at(parsed, 'message'))
      const example = /for example (\{.*\})\.$/.exec(sentence)?.[1]
      assert.ok(example, `${path}: ${text}`)
      assert.equal((await gateway.call('POST', path, JSON.parse(example))).status, 200, example)
    }
  }
})

test('a body is refused where nothing is read from it, and an empty one is none', async () => {
  const path = '/api/v1/webhooks/nobody/test'
  const sentence = textAt(
    await expectError(await gateway.call('POST', path, { event: 'x' }), 400, 'invalid_request'),
    'message',
  )
  assert.match(sentence, /Leave it out/)
  for (const body of ['', '{}']) await expectError(await post(body, path), 404, 'not_found')
})
