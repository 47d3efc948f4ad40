import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, numberAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const kinds = ['gpts', 'claudes'] as const
const paths = ['/api/v1/chat', '/api/v1/chat/stream'] as const
const models = { gpts: 'gpt-4o-mini', claudes: 'claude-sonnet-4-5' }
let servers: Readonly<Record<(typeof kinds)[number], ProviderServer>>
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  servers = { gpts: stack.use(await startOpenAiServer()), claudes: stack.use(await startAnthropicServer()) }
  gateway = await useGateway(stack, {
    config: {
      models: {
        retries: 0,
        timeouts: { connectMs: 2000, firstTokenMs: 300, idleMs: 300, totalMs: 600 },
        providers: {
          gpts: { api: 'openai-completions', baseUrl: servers.gpts.url, apiKey: openAiDefaults.apiKey },
          claudes: {
            api: 'anthropic-messages',
            baseUrl: servers.claudes.url,
            apiKey: anthropicDefaults.apiKey,
          },
        },
      },
    },
  })
})
after(() => stack.disposeAsync())

/** An error as the provider's own API writes it. */
function errorOf(kind: (typeof kinds)[number], message: string, type = 'api_error'): unknown {
  return kind === 'gpts'
    ? { error: { message, type, param: null, code: null } }
    : { type: 'error', error: { type, message }, request_id: 'req_1' }
}

function ask(kind: (typeof kinds)[number], path: string, message = 'Hello'): Promise<Response> {
  return gateway.call('POST', path, { message, model: `${kind}/${models[kind]}` })
}

for (const kind of kinds) {
  for (const path of paths) {
    const where = `${kind} on ${path}`

    test(`401, 403, 400 and 5xx of ${where} are 502 provider_error, and name the provider but not its key`, async () => {
      for (const status of [400, 401, 402, 403, 405, 500, 501, 502, 520]) {
        const key = kind === 'gpts' ? openAiDefaults.apiKey : anthropicDefaults.apiKey
        servers[kind].next({ reply: { status, body: errorOf(kind, `The key ${key} is of no use`) } })
        const body = await expectError(await ask(kind, path), 502, 'provider_error')
        assert.ok(textAt(body, 'message').includes(kind), String(status))
        assert.ok(!JSON.stringify(body).includes(key))
      }
    })

    test(`429, 503 and 529 of ${where} are 503 provider_unavailable with a time to wait, never our own 429`, async () => {
      for (const status of [429, 503, 529]) {
        servers[kind].next({
          reply: { status, headers: { 'retry-after': '11' }, body: errorOf(kind, 'Busy') },
        })
        assert.equal(
          at(await expectError(await ask(kind, path), 503, 'provider_unavailable'), 'retryAfter'),
          11,
        )
        servers[kind].next({ reply: { status, body: errorOf(kind, 'Busy') } })
        const body = await expectError(await ask(kind, path), 503, 'provider_unavailable')
        assert.ok(numberAt(body, 'retryAfter') >= 1)
      }
    })

    test(`a 404 about the model of ${where} is 404 model_not_found`, async () => {
      servers[kind].next({
        reply: { status: 404, body: errorOf(kind, `model: ${models[kind]}`, 'not_found_error') },
      })
      await expectError(await ask(kind, path), 404, 'model_not_found')
    })

    test(`content that is too large for ${where} is the caller's own 400`, async () => {
      const words = 'prompt is too long: 210000 tokens > 200000 maximum'
      for (const reply of [
        { status: 400, body: errorOf(kind, words, 'invalid_request_error') },
        { status: 413, body: errorOf(kind, 'No', 'request_too_large') },
        { status: 413 },
      ]) {
        servers[kind].next({ reply })
        await expectError(await ask(kind, path), 400, 'invalid_request')
      }
    })

    test(`no answer of ${where} in time is 504 provider_timeout`, async () => {
      for (const fault of ['stall-before-headers', 'stall-before-first-token'] as const) {
        if (path === '/api/v1/chat' && fault === 'stall-before-first-token') continue
        servers[kind].next({ fault })
        await expectError(await ask(kind, path), 504, 'provider_timeout')
      }
    })

    test(`an answer of ${where} that is no answer is 502`, async () => {
      for (const body of [
        '<html>Bad gateway</html>',
        '',
        '{}',
        '[]',
        'null',
        '{"choices":[]}',
        '{"error":{"message":"x"}}',
      ]) {
        servers[kind].next({ reply: { status: 200, headers: { 'content-type': 'application/json' }, body } })
        await expectError(await ask(kind, path), 502, 'provider_error')
      }
      servers[kind].next({ reply: { status: 302, headers: { location: 'http://127.0.0.1:1/' } } })
      await expectError(await ask(kind, path), 502, 'provider_error')
    })

    test(`a connection of ${where} that breaks before the answer is 502 or 503, and the gateway serves on`, async () => {
      servers[kind].next({ fault: 'reset-before-headers' })
      const reply = await ask(kind, path)
      assert.ok([502, 503].includes(reply.status))
      assert.equal((await ask(kind, path)).status, 200)
    })
  }
}

test('the demo model fails as a provider with that status would', async () => {
  for (const [status, expected, code] of [
    [401, 502, 'provider_error'],
    [500, 502, 'provider_error'],
    [429, 503, 'provider_unavailable'],
    [529, 503, 'provider_unavailable'],
  ] as const) {
    for (const path of paths) {
      const reply = await gateway.call('POST', path, { message: `error ${status}`, model: 'demo' })
      await expectError(reply, expected, code)
    }
  }
})
