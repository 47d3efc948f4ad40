import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

async function refused(fields: Readonly<Record<string, unknown>>, path = '/api/v1/chat'): Promise<unknown> {
  const reply = await gateway.call('POST', path, { message: 'echo x', ...fields })
  return expectError(reply, 400, 'invalid_request')
}

async function accepted(fields: Readonly<Record<string, unknown>>, path = '/api/v1/chat'): Promise<unknown> {
  const reply = await gateway.call('POST', path, { message: 'echo x', ...fields })
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  return body
}

test('an unknown field that is close to a known one is answered with the one that was meant', async () => {
  const meant = {
    max_tokens: 'maxTokens',
    conversation_id: 'conversationId',
    ConversationID: 'conversationId',
    system_prompt: 'systemPrompt',
    temprature: 'temperature',
    mesage: 'message',
    modle: 'model',
    meta_data: 'metadata',
  }
  for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
    for (const [field, didYouMean] of Object.entries(meant)) {
      const body = await refused({ [field]: 1 }, path)
      assert.deepEqual(at(body, 'details'), { field, didYouMean })
      assert.ok(
        textAt(body, 'message').includes(`"${field}"`) && textAt(body, 'message').includes(`"${didYouMean}"`),
      )
    }
  }
})

test('an unknown field inside another one is named, with the one that was meant or the known ones', async () => {
  const schema = { type: 'object' }
  const wrapped = await refused({ responseFormat: { type: 'json_schema', json_schema: { schema } } })
  assert.match(
    textAt(wrapped, 'message'),
    /no field "responseFormat\.json_schema"\. Known: (?:responseFormat\.(?:type|name|schema)(?:, |\.$)){3}/,
  )
  const strict = await refused({ responseFormat: { type: 'json_schema', schema, strict: true } })
  assert.match(textAt(strict, 'message'), /"responseFormat\.strict"\. Known: responseFormat\.type/)
  const mistyped = await refused({ responseFormat: { type: 'json_schema', shema: schema } })
  assert.deepEqual(at(mistyped, 'details'), {
    field: 'responseFormat.shema',
    didYouMean: 'responseFormat.schema',
  })
})

test('an unknown field that is close to none is answered with the known ones', async () => {
  const body = await refused({ zzz: 1 })
  assert.deepEqual(at(body, 'details'), { field: 'zzz' })
  for (const name of [
    'message',
    'conversationId',
    'model',
    'systemPrompt',
    'maxTokens',
    'temperature',
    'metadata',
  ]) {
    assert.ok(textAt(body, 'message').includes(name), name)
  }
})

test('an unknown field of any length is named in a short sentence', async () => {
  const body = await refused({ ['z'.repeat(10_000)]: 1 })
  assert.ok(textAt(body, 'message').length < 500)
})

test('/send names the field that was meant', async () => {
  const sent = { channel: 'telegram', message: 'Hi' }
  assert.equal(
    at(await refused({ ...sent, chat_id: '1' }, '/api/v1/send'), 'details', 'didYouMean'),
    'chatId',
  )
  assert.match(textAt(await refused(sent, '/api/v1/send'), 'message'), /chatId is missing/)
})

test('nothing is coerced: a number is no text, a text is no number', async () => {
  const wrong: readonly (readonly [string, readonly unknown[]])[] = [
    ['message', [5, true, {}, [], ['x']]],
    ['conversationId', [5, false, {}, ['a']]],
    ['model', [5, true, {}, []]],
    ['systemPrompt', [5, true, {}, []]],
    ['maxTokens', ['5', true, 5.5, {}, [5]]],
    ['temperature', ['1', true, {}, [1]]],
    ['metadata', ['a', 5, true, [], [['a', 'b']], { a: 5 }, { a: null }, { a: {} }]],
  ]
  for (const [field, values] of wrong) {
    for (const value of values) {
      const body = await refused({ [field]: value })
      assert.match(String(at(body, 'details', 'field')), new RegExp(`^${field}\\b`), JSON.stringify(value))
    }
  }
  for (const field of ['channel', 'chatId', 'message']) {
    const body = await refused({ channel: 'telegram', chatId: '1', [field]: 123456789 }, '/api/v1/send')
    assert.equal(at(body, 'details', 'field'), field)
  }
})

test('null is the same as absent for every optional field', async () => {
  const optional = ['conversationId', 'model', 'systemPrompt', 'maxTokens', 'temperature', 'metadata']
  for (const field of optional) {
    const body = await accepted({ [field]: null })
    assert.deepEqual([at(body, 'content'), at(body, 'model')], ['x', 'demo'])
  }
  await accepted(Object.fromEntries(optional.map((field) => [field, null])))
})

test('null for a field that is needed is the same as leaving it out', async () => {
  assert.match(textAt(await refused({ message: null }), 'message'), /message is missing/)
  const send = await refused({ channel: 'telegram', chatId: null }, '/api/v1/send')
  assert.match(textAt(send, 'message'), /chatId is missing/)
})

test('null for an unknown field is absent too', async () => {
  await accepted({ nope: null })
})

test('a message has 1 to 100,000 characters, counted as people count them', async () => {
  await accepted({ message: 'x'.repeat(100_000) })
  await accepted({ message: '🦀'.repeat(100_000) })
  assert.match(
    textAt(await refused({ message: 'x'.repeat(100_001) }), 'message'),
    /at most 100,000 characters/,
  )
  assert.match(textAt(await refused({ message: '' }), 'message'), /must not be empty/)
})

test('temperature is 0 to 2', async () => {
  for (const temperature of [0, 2, 1e-9]) await accepted({ temperature })
  for (const temperature of [-0.001, 2.001, 1e300]) {
    assert.equal(at(await refused({ temperature }), 'details', 'field'), 'temperature')
  }
  const infinite = await gateway.call('POST', '/api/v1/chat', '{"message":"x","temperature":1e999}')
  await expectError(infinite, 400, 'invalid_request')
})

test("maxTokens is 1 to the model's limit, which the error names", async () => {
  assert.equal(at(await accepted({ message: 'long', maxTokens: 1 }), 'finishReason'), 'length')
  await accepted({ maxTokens: 8192 })
  for (const maxTokens of [0, -1, 8193, 1e15]) {
    assert.equal(at(await refused({ maxTokens }), 'details', 'field'), 'maxTokens')
  }
  const body = await refused({ maxTokens: 8193 })
  assert.equal(at(body, 'details', 'maximum'), 8192)
  assert.match(textAt(body, 'message'), /8192/)
})

test('a conversation id is 1 to 64 of the characters A-Z a-z 0-9 _ -', async () => {
  for (const conversationId of ['a', '-', '_', 'Z'.repeat(64)]) {
    assert.equal(at(await accepted({ conversationId }), 'conversationId'), conversationId)
  }
  for (const conversationId of [
    '',
    'a'.repeat(65),
    'a b',
    'ä',
    'a/b',
    '../x',
    'a.b',
    'a\n',
    'conv:1',
    '%61',
  ]) {
    assert.equal(at(await refused({ conversationId }), 'details', 'field'), 'conversationId', conversationId)
  }
})

test('metadata is up to 16 pairs of text, its names up to 64 and its values up to 512 characters', async () => {
  const pairs = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))
  await accepted({ metadata: {} })
  await accepted({ metadata: pairs(16) })
  await accepted({ metadata: { ['k'.repeat(64)]: 'v'.repeat(512), 'a b\nc': '' } })
  await refused({ metadata: pairs(17) })
  await refused({ metadata: { k: 'v'.repeat(513) } })
  await refused({ metadata: { '': 'v' } })
  assert.match(
    textAt(await refused({ metadata: { ['k'.repeat(65)]: 'v' } }), 'message'),
    /name in metadata .* 64/,
  )
  await refused({ metadata: { 'line\nbreak': 5 } })
  await refused({ metadata: { 'line\nbreak': 'v'.repeat(513) } })
})

test('a model has 1 to 256 characters', async () => {
  await refused({ model: '' })
  await refused({ model: 'm'.repeat(257) })
  await expectError(
    await gateway.call('POST', '/api/v1/chat', { message: 'x', model: 'm'.repeat(256) }),
    404,
    'model_not_found',
  )
})

test('an empty system prompt is one', async () => {
  await accepted({ systemPrompt: '' })
})

test('a stream is refused with the same status and body as a plain call, before any event', async () => {
  const reply = await gateway.call('POST', '/api/v1/chat/stream', { message: 5 })
  assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
  await expectError(reply, 400, 'invalid_request')
})
