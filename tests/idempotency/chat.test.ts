import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'
import { type Answer, post, questions } from './support.ts'

const stack = new AsyncDisposableStack()
let provider: ProviderServer
let gateway: RunningGateway
let asked = 0

before(async () => {
  provider = stack.use(await startAnthropicServer())
  const fake = { api: 'anthropic-messages', baseUrl: provider.url, apiKey: anthropicDefaults.apiKey }
  const model = { id: 'claude-sonnet-4-5', cost: { input: 3, output: 15 } }
  gateway = await useGateway(stack, {
    tokens: { admin: { scope: ['admin'] }, other: { scope: ['chat'] } },
    config: { models: { providers: { fake: { ...fake, models: [model] } } } },
  })
})
after(() => stack.disposeAsync())
beforeEach(() => {
  asked = questions(provider)
})

function chat(key: string | undefined, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const options = { ...(key === undefined ? {} : { key }), ...(signal ? { signal } : {}) }
  return post(gateway.url, gateway.token, body, options)
}

const askedNow = (): number => questions(provider) - asked

test('the same request with the same key gets the first answer again, byte for byte, and asks nobody', async () => {
  const body = { message: 'Hello', metadata: { a: '1', b: '2' }, conversationId: null }
  const first = await chat('same', body)
  const copies = [
    await chat('same', body),
    await chat('"same"', body),
    // Neither the order of members nor a member that is null makes another request.
    await chat('same', { metadata: { b: '2', a: '1' }, message: 'Hello' }),
  ]
  assert.deepEqual([first.status, first.isReplay], [200, false])
  for (const copy of copies) {
    assert.deepEqual([copy.status, copy.isReplay, copy.text], [200, true, first.text])
    assert.equal(copy.headers.get('content-type'), first.headers.get('content-type'))
    assert.notEqual(copy.headers.get('x-request-id'), first.headers.get('x-request-id'))
  }
  assert.equal(askedNow(), 1)
})

test('a replay counts as a request, and is billed nothing', async () => {
  const usage = async (): Promise<unknown> => (await gateway.call('GET', '/api/v1/usage')).json()
  const first = await chat('bill', { message: 'Hello' })
  const before = await usage()
  const copy = await chat('bill', { message: 'Hello' })
  assert.ok(copy.isReplay)
  assert.deepEqual(await usage(), before)
  const remaining = ({ headers }: Answer): number => Number(headers.get('x-ratelimit-remaining'))
  assert.ok(remaining(copy) < remaining(first))
})

test('another body under a used key is 422, also on another route and while the first runs', async () => {
  await chat('other', { message: 'One' })
  const answers = [
    await chat('other', { message: 'Two' }),
    await chat('other', { message: 'One', maxTokens: 5 }),
    await post(
      gateway.url,
      gateway.token,
      { channel: 'telegram', chatId: '1', message: 'One' },
      {
        key: 'other',
        path: '/api/v1/send',
      },
    ),
  ]
  for (const { status, text } of answers) {
    assert.deepEqual([status, textAt(JSON.parse(text), 'error')], [422, 'idempotency_mismatch'])
  }
})

test('of fifty copies at once one runs; the others are told so, or get its answer', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => chat('fifty', { message: 'Hello' })))
  const first = answers.filter(({ status, isReplay }) => status === 200 && !isReplay)
  assert.equal(first.length, 1)
  for (const { status, isReplay, text, headers } of answers) {
    if (status === 200) assert.equal(text, first[0]?.text)
    else {
      assert.deepEqual(
        [status, isReplay, textAt(JSON.parse(text), 'error')],
        [409, false, 'idempotency_conflict'],
      )
      assert.equal(headers.get('retry-after'), String(numberAt(JSON.parse(text), 'retryAfter')))
    }
  }
  const copies = await Promise.all(Array.from({ length: 50 }, () => chat('fifty', { message: 'Hello' })))
  for (const copy of copies) assert.deepEqual([copy.isReplay, copy.text], [true, first[0]?.text])
  assert.equal(askedNow(), 1)
})

test('keys belong to their token: another token may use the same one', async () => {
  const mine = await chat('shared', { message: 'Hello' })
  const theirs = await post(gateway.url, gateway.secrets.other ?? '', { message: 'Hello' }, { key: 'shared' })
  assert.deepEqual([theirs.status, theirs.isReplay], [200, false])
  assert.notEqual(textAt(JSON.parse(theirs.text), 'id'), textAt(JSON.parse(mine.text), 'id'))
})

test('our own 4xx is kept as it was', async () => {
  for (const [key, body, status] of [
    ['unknown-model', { message: 'Hello', model: 'nobody/knows' }, 404],
    ['not-valid', { message: '' }, 400],
    ['unknown-field', { message: 'Hello', max_tokens: 5 }, 400],
  ] as const) {
    const first = await chat(key, body)
    const copy = await chat(key, body)
    assert.deepEqual([first.status, first.isReplay], [status, false], first.text)
    assert.deepEqual([copy.status, copy.isReplay, copy.text], [status, true, first.text])
  }
  assert.equal(askedNow(), 0)
})

test('what fails on the way frees its key: the next try runs anew', async () => {
  for (const behaviour of [
    {
      reply: { status: 401, body: { type: 'error', error: { type: 'authentication_error', message: 'no' } } },
    },
    { fault: 'truncate' },
  ] as const) {
    const key = `failing ${JSON.stringify(behaviour).length}`
    provider.next(behaviour)
    const failed = await chat(key, { message: 'Hello' })
    assert.equal(failed.status, 502)
    const next = await chat(key, { message: 'Hello' })
    assert.deepEqual([next.status, next.isReplay], [200, false])
  }
})

test('a conflict that may pass is not kept', async () => {
  const id = 'taken_by_another'
  const theirs = { message: 'Hello', conversationId: id }
  await post(gateway.url, gateway.secrets.other ?? '', theirs)
  assert.equal((await chat('conflict', theirs)).status, 409)
  await gateway.call('DELETE', `/api/v1/conversations/${id}`)
  const again = await chat('conflict', theirs)
  assert.deepEqual([again.status, again.isReplay], [200, false])
})

test('a caller that leaves before the answer frees its key; one that leaves after it finds it again', async () => {
  provider.next({ fault: 'stall-before-headers' })
  const left = new AbortController()
  const leaving = chat('left', { message: 'Hello' }, left.signal).catch(() => 'left')
  const request = await provider.request(provider.requests.length)
  await request.stalled
  assert.equal((await chat('left', { message: 'Hello' })).status, 409)
  left.abort()
  assert.equal(await leaving, 'left')
  await request.closed
  const next = await eventually('the key to be free', async () => {
    const answer = await chat('left', { message: 'Hello' })
    return answer.status === 409 ? undefined : answer
  })
  assert.deepEqual([next.status, next.isReplay], [200, false])
})

test('an answer outlives its conversation and its first caller', async () => {
  const first = await chat('deleted', { message: 'Hello' })
  await gateway.call('DELETE', `/api/v1/conversations/${textAt(JSON.parse(first.text), 'conversationId')}`)
  const copy = await chat('deleted', { message: 'Hello' })
  assert.deepEqual([copy.isReplay, copy.text], [true, first.text])
})

test('a header that is no key is 400 and names itself', async () => {
  for (const key of ['""', 'x'.repeat(256), 'ä', `"${'x'.repeat(256)}"`]) {
    const { status, text } = await chat(key, { message: 'Hello' })
    assert.equal(status, 400, key)
    assert.match(text, /Idempotency-Key/)
    assert.equal(textAt(JSON.parse(text), 'details', 'field'), 'Idempotency-Key')
  }
  for (const key of ['x'.repeat(255), `"${'x'.repeat(254)}"`, 'with space', '{}', '"\\""']) {
    assert.equal((await chat(key, { message: 'Hello' })).status, 200, key)
  }
})

test('a stream takes no notice of the header', async () => {
  for (let i = 0; i < 2; i++) {
    const options = { key: 'stream', path: '/api/v1/chat/stream' }
    const { status, isReplay, text } = await post(gateway.url, gateway.token, { message: 'Hello' }, options)
    assert.deepEqual([status, isReplay], [200, false])
    assert.match(text, /"type":"done"/)
  }
  assert.equal(askedNow(), 2)
})

test('the API document shows the header where it counts, and the cost of a reply', async () => {
  const document: unknown = await (await fetch(`${gateway.url}/api/v1/openapi.json`)).json()
  for (const [path, isShown] of [
    ['/api/v1/chat', true],
    ['/api/v1/send', true],
    ['/api/v1/chat/stream', false],
  ] as const) {
    const parameters = listAt(document, 'paths', path, 'post', 'parameters')
    const header = parameters.find((parameter) => at(parameter, 'name') === 'Idempotency-Key')
    assert.equal(header !== undefined, isShown, path)
    if (header) assert.deepEqual([at(header, 'in'), at(header, 'required')], ['header', false])
  }
  assert.ok(at(document, 'paths', '/api/v1/usage', 'get'))
  const content = at(document, 'paths', '/api/v1/chat', 'post', 'responses', '200', 'content')
  assert.ok(at(content, 'application/json', 'schema', 'properties', 'usage', 'properties', 'cost'))
})
