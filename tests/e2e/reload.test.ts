import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import {
  change,
  changeApi,
  changeTokens,
  count,
  reloaded,
  replaced,
  type Section,
} from '../support/live-config-file.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { framesOf, saidIn, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

const plenty = 1_000_000

test('200 requests in flight and those that come meanwhile notice nothing of 20 changes', async () => {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startOpenAiServer())
  const pieces = Array.from({ length: 40 }, (_, i) => `word${i} `)
  upstream.behave = (request) =>
    at(request.body, 'stream') === true ? { pieces, pauseMs: 150 } : { pieces: ['plain'], pauseMs: 0 }
  const provider = (round: number): Section => ({
    api: 'openai-completions',
    baseUrl: upstream.url,
    apiKey: openAiDefaults.apiKey,
    headers: { 'X-Round': String(round) },
  })
  const gateway = await useGateway(stack, {
    config: {
      models: { providers: { up: provider(0) } },
      api: { limits: { concurrentStreams: 1000 } },
    },
  })
  const streams = Array.from({ length: 200 }, async () => {
    const reply = await gateway.call('POST', '/api/v1/chat/stream', { message: 'Hello' })
    assert.equal(reply.status, 200)
    const frames = framesOf(await reply.text())
    assert.deepEqual(typesOf(frames), ['start', 'delta', 'done'])
    assert.equal(saidIn(frames), pieces.join(''))
  })
  let isChanging = true
  let served = 0
  const others = (async () => {
    while (isChanging) {
      const replies = await Promise.all([
        gateway.call('POST', '/api/v1/chat', { message: 'Hello' }),
        gateway.call('GET', '/api/v1/models'),
        gateway.call('GET', '/api/v1/conversations'),
      ])
      for (const reply of replies) assert.equal(reply.status, 200, await reply.text())
      served += replies.length
    }
  })()
  for (let round = 1; round <= 20; round++) {
    await reloaded(gateway, () =>
      change(gateway, (config) => ({
        ...config,
        models: {
          providers: { up: provider(Math.ceil(round / 2)) },
          aliases: { [`alias${round}`]: 'gpt-4o-mini' },
        },
      })),
    )
  }
  isChanging = false
  await Promise.all([...streams, others])
  assert.ok(served > 60, `${served} requests were served meanwhile`)
  assert.equal((await gateway.call('POST', '/api/v1/chat', { message: 'x', model: 'alias20' })).status, 200)
  assert.equal(upstream.requests.at(-1)?.headers['x-round'], '10')
  await expectError(
    await gateway.call('POST', '/api/v1/chat', { message: 'x', model: 'alias19' }),
    404,
    'model_not_found',
  )
})

test('a token that is added, changed or taken away counts with the next request', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const secret = 'oc_tok_of-the-test-that-adds-one'
  const models = (): Promise<Response> => gateway.call('GET', '/api/v1/models', undefined, secret)
  const token = { name: 'added', token: secret, scope: ['read'] }
  await expectError(await models(), 401, 'unauthorized')
  await reloaded(gateway, () => changeTokens(gateway, (tokens) => [...tokens, token]))
  const reply = await models()
  assert.deepEqual([reply.status, reply.headers.get('x-ratelimit-limit')], [200, String(plenty)])
  await reloaded(gateway, () =>
    changeTokens(gateway, (tokens) => replaced(tokens, { ...token, rateLimit: 7 })),
  )
  assert.equal((await models()).headers.get('x-ratelimit-limit'), '7')
  await reloaded(gateway, () =>
    changeTokens(gateway, (tokens) => replaced(tokens, { ...token, scope: ['send'] })),
  )
  await expectError(await models(), 403, 'insufficient_scope')
  await reloaded(gateway, () =>
    changeTokens(gateway, (tokens) => replaced(tokens, { ...token, allowedIPs: ['10.0.0.1'] })),
  )
  await expectError(await models(), 403, 'ip_not_allowed')
  await reloaded(gateway, () => changeTokens(gateway, (tokens) => replaced(tokens, { ...token, models: [] })))
  assert.deepEqual(await (await models()).json(), { data: [] })
  const expiresAt = '2020-01-01'
  await reloaded(gateway, () => changeTokens(gateway, (tokens) => replaced(tokens, { ...token, expiresAt })))
  assert.match(textAt(await expectError(await models(), 401, 'unauthorized'), 'message'), /expired/)
  await reloaded(gateway, () =>
    changeTokens(gateway, (tokens) => tokens.filter((one) => one.name !== 'added')),
  )
  assert.match(textAt(await expectError(await models(), 401, 'unauthorized'), 'message'), /not known/)
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
})

test('limits, sizes, origins and addresses count as soon as they are written', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const chat = (bytes: number): Promise<Response> =>
    gateway.call('POST', '/api/v1/chat', `{"message":"echo x"${' '.repeat(bytes - 20)}}`)
  assert.equal((await chat(3_000)).status, 200)
  await reloaded(gateway, () => changeApi(gateway, { security: { maxBodySize: '2KB' } }))
  assert.equal((await chat(2_048)).status, 200)
  await expectError(await chat(2_049), 413, 'payload_too_large')
  await reloaded(gateway, () => changeApi(gateway, { security: { maxBodySize: '2MB' } }))
  assert.equal((await chat(2_000_000)).status, 200)

  const origin = async (): Promise<string | null> =>
    (await fetch(`${gateway.url}/health`, { headers: { Origin: 'http://app.test' } })).headers.get(
      'access-control-allow-origin',
    )
  assert.equal(await origin(), null)
  await reloaded(gateway, () => changeApi(gateway, { security: { cors: { origins: ['http://app.test'] } } }))
  assert.equal(await origin(), 'http://app.test')
  await reloaded(gateway, () => changeApi(gateway, { security: {} }))
  assert.equal(await origin(), null)

  await reloaded(gateway, () => changeApi(gateway, { security: { allowedIPs: ['10.0.0.0/8'] } }))
  await expectError(await gateway.call('GET', '/api/v1/models'), 403, 'ip_not_allowed')
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
  await reloaded(gateway, () => changeApi(gateway, { security: { allowedIPs: ['127.0.0.1'] } }))
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)

  const host = (): Promise<number | undefined> => statusFor(gateway, 'gateway.test')
  assert.equal(await host(), 421)
  await reloaded(gateway, () => changeApi(gateway, { publicUrl: 'https://gateway.test' }))
  assert.equal(await host(), 200)

  await reloaded(gateway, () => changeApi(gateway, { enabled: false }))
  await expectError(await gateway.call('GET', '/api/v1/models'), 404, 'not_found')
  await reloaded(gateway, () => changeApi(gateway, { enabled: true }))
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)

  await reloaded(gateway, () =>
    changeApi(gateway, { rateLimit: { global: { windowMs: 60_000, maxRequests: 1 } } }),
  )
  const statuses = await Promise.all(
    Array.from({ length: 3 }, async () => (await gateway.call('GET', '/api/v1/models')).status),
  )
  assert.deepEqual(statuses.sort(), [200, 429, 429])
})

test('providers, aliases and the default come and go', async () => {
  await using stack = new AsyncDisposableStack()
  const one = stack.use(await startOpenAiServer({ models: [{ id: 'one' }] }))
  const two = stack.use(await startOpenAiServer({ models: [{ id: 'two' }] }))
  const of = (url: string): Section => ({
    api: 'openai-completions',
    baseUrl: url,
    apiKey: openAiDefaults.apiKey,
  })
  const gateway = await useGateway(stack, { config: { models: { providers: { one: of(one.url) } } } })
  const models = async (): Promise<readonly unknown[]> =>
    listAt(await (await gateway.call('GET', '/api/v1/models')).json(), 'data').map((row) => at(row, 'id'))
  const answers = async (model?: string): Promise<unknown> =>
    at(await (await gateway.call('POST', '/api/v1/chat', { message: 'Hi', model })).json(), 'model')
  const set = (models: Section): Promise<void> =>
    reloaded(gateway, () => change(gateway, (config) => ({ ...config, models })))
  assert.deepEqual(await models(), ['one', 'demo'])
  await set({ providers: { one: of(one.url), two: of(two.url) }, aliases: { fast: 'two' } })
  assert.equal(await answers(), 'one')
  assert.equal(await answers('fast'), 'two')
  assert.deepEqual(await models(), ['one', 'two', 'demo'])
  await set({ providers: { two: of(two.url), one: of(one.url) } })
  assert.equal(await answers(), 'two')
  await set({ default: 'one', providers: { two: of(two.url), one: of(one.url) } })
  assert.equal(await answers(), 'one')
  await set({ providers: { two: of(two.url) } })
  assert.deepEqual(await models(), ['two', 'demo'])
  await set({ providers: { two: { ...of(two.url), apiKey: 'sk-wrong' } } })
  await expectError(
    await gateway.call('POST', '/api/v1/chat', { message: 'Hi', model: 'two/two' }),
    502,
    'provider_error',
  )
})

test('a stream goes on to its end when its provider is taken out of the config', async () => {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startOpenAiServer())
  upstream.behave = () => ({ pieces: ['one ', 'two ', 'three'], pauseMs: 700 })
  const provider = { api: 'openai-completions', baseUrl: upstream.url, apiKey: openAiDefaults.apiKey }
  const gateway = await useGateway(stack, { config: { models: { providers: { up: provider } } } })
  const reply = gateway.call('POST', '/api/v1/chat/stream', { message: 'Hello' })
  await upstream.request(1)
  await reloaded(gateway, () => change(gateway, (config) => ({ ...config, models: {} })))
  const frames = framesOf(await (await reply).text())
  assert.equal(saidIn(frames), 'one two three')
  assert.equal(at(frames.at(-1)?.data, 'type'), 'done')
  assert.equal(
    at(await (await gateway.call('POST', '/api/v1/chat', { message: 'x' })).json(), 'model'),
    'demo',
  )
})

test('the level of the log changes while it runs', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  await reloaded(gateway, () => change(gateway, (config) => ({ ...config, logging: { level: 'error' } })), 0)
  await eventually('silence', async () => {
    const before = count(gateway.output(), 'api request')
    await fetch(`${gateway.url}/health`)
    await pause(50)
    return count(gateway.output(), 'api request') === before ? true : undefined
  })
})

async function statusFor(gateway: RunningGateway, host: string): Promise<number | undefined> {
  const asked = request(`${gateway.url}/health`, { headers: { Host: host } }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}
