import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { startOpenAiServer } from '../support/openai-server.ts'
import type { Behaviour, ProviderServer, RecordedRequest } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const keys = [
  'sk-proj-first-of-three-keys',
  'sk-proj-second-of-three-keys',
  'sk-proj-third-of-three-keys',
] as const

test('several keys share the requests', async () => {
  await using stack = new AsyncDisposableStack()
  const { gateway, server } = await withKeys(stack, keys)
  for (let i = 0; i < 6; i++) assert.equal((await chat(gateway)).status, 200)
  assert.deepEqual(used(server), ['first', 'second', 'third', 'first', 'second', 'third'])
})

test('a refused key costs its turn one attempt, without a retry being spent or a wait, and is not used again', async () => {
  await using stack = new AsyncDisposableStack()
  const { gateway, server } = await withKeys(stack, keys, { retries: 0 }, (key) =>
    key === 'second' ? { reply: { status: 401, body: { error: { message: `Bad key ${keys[1]}` } } } } : {},
  )
  assert.deepEqual(await attemptsOf(gateway, 6), ['1', '2', '1', '1', '1', '1'])
  assert.deepEqual(used(server), ['first', 'second', 'third', 'first', 'third', 'first', 'third'])
})

test('a key over its limit is left out, and another one answers at once', async () => {
  await using stack = new AsyncDisposableStack()
  const { gateway, server } = await withKeys(stack, keys.slice(0, 2), {}, (key) =>
    key === 'first' ? { reply: { status: 429, headers: { 'retry-after': '50' } } } : {},
  )
  const before = performance.now()
  assert.deepEqual(await attemptsOf(gateway, 4), ['2', '1', '1', '1'])
  assert.ok(performance.now() - before < 30_000)
  assert.deepEqual(used(server), ['first', 'second', 'second', 'second', 'second'])
})

test('the last key is used on, however often it is refused, and no key stands in what the caller or the log is told', async () => {
  await using stack = new AsyncDisposableStack()
  const { gateway, server } = await withKeys(stack, keys.slice(0, 2), {}, () => ({
    reply: { status: 401, body: { error: { message: `Incorrect API key: ${keys.join(' ')}` } } },
  }))
  for (let i = 0; i < 3; i++) {
    const reply = await chat(gateway)
    const headers = JSON.stringify([...reply.headers])
    const body = await expectError(reply, 502, 'provider_error')
    for (const key of keys) assert.ok(!`${headers}${JSON.stringify(body)}`.includes(key))
  }
  assert.deepEqual(used(server), ['first', 'second', 'second', 'second'])
  for (const key of keys) assert.ok(!gateway.output().includes(key))
})

test('the list of models comes with any key that works', async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startOpenAiServer({ apiKey: keys[2] }))
  const gateway = await useGateway(stack, {
    config: {
      models: { providers: { acme: { api: 'openai-completions', baseUrl: server.url, apiKey: keys } } },
    },
  })
  assert.deepEqual(await attemptsOf(gateway, 2), ['1', '1'])
  const body: unknown = await (await gateway.call('GET', '/api/v1/models')).json()
  assert.equal(at(body, 'data', 0, 'provider'), 'acme')
})

/** A gateway over a server that takes any key, and answers as told by the key's name. */
async function withKeys(
  stack: AsyncDisposableStack,
  apiKey: readonly string[],
  models: Readonly<Record<string, unknown>> = {},
  behave: (key: string) => Behaviour = () => ({}),
): Promise<{ readonly gateway: RunningGateway; readonly server: ProviderServer }> {
  const server = stack.use(await startOpenAiServer({ apiKey: null }))
  server.behave = (request) => behave(keyNameOf(request))
  const acme = {
    api: 'openai-completions',
    baseUrl: server.url,
    apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  const gateway = await useGateway(stack, { config: { models: { ...models, providers: { acme } } } })
  return { gateway, server }
}

function chat(gateway: RunningGateway): Promise<Response> {
  return gateway.call('POST', '/api/v1/chat', { message: 'Hello' })
}

async function attemptsOf(gateway: RunningGateway, turns: number): Promise<readonly (string | null)[]> {
  const attempts: (string | null)[] = []
  for (let i = 0; i < turns; i++) {
    const reply = await chat(gateway)
    assert.equal(reply.status, 200, await reply.text())
    attempts.push(reply.headers.get('x-openclaw-attempts'))
  }
  return attempts
}

function used(server: ProviderServer): readonly string[] {
  return server.requests.map(keyNameOf)
}

function keyNameOf({ headers }: RecordedRequest): string {
  return /sk-proj-(\w+)-of/.exec(headers.authorization ?? '')?.[1] ?? 'none'
}
