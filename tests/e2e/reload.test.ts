import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { framesOf, saidIn, typesOf } from '../support/sse-frames.ts'
import { startAsUser } from '../support/start-as-user.ts'
import { useGateway } from '../support/use-gateway.ts'

type Section = Readonly<Record<string, unknown>>

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

test('an invalid change is logged with its line and column, and the last good config stays', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const secret = 'oc_tok_secret-in-an-invalid-file'
  const file = join(gateway.home, 'openclaw.json5')
  const good = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    `{\n  api: {\n    port: "${secret}",\n    auth: { tokens: [{ name: "a", token: "${secret}", scope: "chatt" }] } } }`,
  )
  const line = await printed(gateway, /config not reloaded.*3:11/)
  assert.match(
    line,
    /ERROR config not reloaded problem="openclaw\.json5:3:11 {2}api\.port: found a string of /,
  )
  await printed(gateway, /openclaw\.json5:4:\d+ {2}api\.auth\.tokens\[0\]\.scope/)
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
  writeFileSync(file, '{ api: ')
  await printed(gateway, /openclaw\.json5:1:\d+ {2}this .*is not closed/)
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
  await reloaded(gateway, () => writeFileSync(file, good))
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
  assert.ok(!gateway.output().includes(secret))
  assert.ok(!logText(gateway).includes(secret))
})

test('a warning about a change is logged, and the change counts', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  await reloaded(gateway, () => change(gateway, (config) => ({ ...config, modls: {} })))
  await printed(gateway, /WARN config warning problem=".*unknown key, ignored\. Did you mean models\?/)
})

test('a file that stands half written for a while, and one that is gone for a while, keep nobody out', async () => {
  const secret = 'a-config-token-of-thirty-characters'
  const text = JSON.stringify({
    api: { auth: { tokens: [{ name: 'app', token: secret, scope: 'admin', rateLimit: plenty }] } },
  })
  await using gateway = await startAsUser(text)
  const file = join(gateway.home, '.config', 'openclaw', 'openclaw.json5')
  const statuses = new Set<number>()
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const reply = await fetch(`${gateway.url}/api/v1/models`, {
        headers: { Authorization: `Bearer ${secret}` },
      })
      statuses.add(reply.status)
      await reply.text()
    }
  })()
  const other = text.replace('{', '{ "conversations": { "historyMessages": 3 }, ')
  writeFileSync(file, other.slice(0, 40))
  await pause(500)
  appendFileSync(file, other.slice(40))
  await eventually('the whole file', () => /config reloaded/.test(gateway.output()) || undefined)
  rmSync(file)
  await pause(600)
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
  await eventually('the file that is back', () =>
    count(gateway.output(), 'config reloaded') > 1 ? true : undefined,
  )
  rmSync(file)
  await eventually('the word that it is gone', () => /file is gone/.test(gateway.output()) || undefined)
  await pause(300)
  isOver = true
  await asking
  assert.deepEqual([...statuses], [200])
})

test('what cannot change while it runs is named, each time until it is so no more', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  // The port comes from the command line here, and so does not count.
  const port = { port: 4321 }
  await reloaded(gateway, () => changeApi(gateway, { ...port, host: '127.0.0.2' }))
  await printed(gateway, /config reloaded restartFor=api\.host$/)
  await reloaded(gateway, () =>
    change(gateway, (config) => ({ ...config, logging: { file: join(gateway.home, 'other.log') } })),
  )
  await printed(gateway, /config reloaded restartFor="api\.host, logging\.file"$/)
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
  await reloaded(gateway, () =>
    changeApi(
      change(gateway, ({ logging: _, ...rest }) => rest),
      { host: '127.0.0.1' },
    ),
  )
  assert.match(gateway.output().trimEnd().split('\n').at(-1) ?? '', /config reloaded$/)
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
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

test('a gateway that listens to the network stays locked, whatever address the file names since', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack, { config: { api: { host: '0.0.0.0' } } })
  const url = gateway.url.replace('0.0.0.0', '127.0.0.1')
  await reloaded(gateway, () => changeApi(gateway, { host: '127.0.0.1', auth: { enabled: false } }))
  await printed(gateway, /config reloaded restartFor="api\.host, api\.auth\.enabled"$/)
  await expectError(await fetch(`${url}/api/v1/models`), 401, 'unauthorized')
})

test('what is written while it starts counts', async () => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-reload-'))
  try {
    const starting = startGateway({ home })
    // The state folder is made after the config has been loaded, long before the gateway listens.
    await eventually('the loaded config', () => existsSync(join(home, 'state', 'gateway.lock')) || undefined)
    const file = join(home, 'openclaw.json5')
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const tokens = listAt(config, 'api', 'auth', 'tokens')
    const added = { name: 'late', token: 'oc_tok_of-a-token-that-came-late', scope: 'read' }
    writeFileSync(file, JSON.stringify({ api: { auth: { tokens: [...tokens, added] } } }))
    const gateway = await starting
    try {
      await eventually('the late token', async () =>
        (await gateway.call('GET', '/api/v1/models', undefined, added.token)).status === 200
          ? true
          : undefined,
      )
    } finally {
      await gateway.stop()
    }
  } finally {
    rmSync(home, { recursive: true })
  }
})

test('a config that comes through a pipe is read once, and starts the gateway', async () => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-pipe-'))
  const secret = 'oc_tok_of-a-config-in-a-pipe'
  const config = JSON.stringify({ api: { auth: { tokens: [{ name: 'a', token: secret, scope: 'read' }] } } })
  const bin = join(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')
  const command = `printf '%s' "$CONFIG" | "$0" "$1" gateway --port 0 --config /dev/stdin`
  const env = { HOME: home, OPENCLAW_STATE_DIR: home, OLLAMA_HOST: '127.0.0.1:1', CONFIG: config }
  // A group of its own, so that its signal reaches the gateway behind the shell.
  const child = spawn('sh', ['-c', command, process.execPath, bin], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output += piece
    })
  }
  try {
    const url = await eventually('the address', () => /Address +(http:\S+)/.exec(output)?.[1])
    const reply = await fetch(`${url}/api/v1/models`, { headers: { Authorization: `Bearer ${secret}` } })
    assert.equal(reply.status, 200)
  } finally {
    const closed = once(child, 'close')
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    await closed
    rmSync(home, { recursive: true })
  }
})

/** Changes the file and waits until the gateway has said `expected` times that it has taken it. */
async function reloaded(gateway: RunningGateway, write: () => unknown, expected = 1): Promise<void> {
  const before = count(gateway.output(), 'config reloaded')
  write()
  await eventually('the word of the reload', () =>
    count(gateway.output(), 'config reloaded') >= before + expected ? true : undefined,
  )
}

function change(gateway: RunningGateway, edit: (config: Section) => Section): RunningGateway {
  const file = join(gateway.home, 'openclaw.json5')
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify(edit(section(config)), null, 2))
  return gateway
}

function changeApi(gateway: RunningGateway, edit: Section): void {
  change(gateway, (config) => {
    const api = section(config.api)
    const auth = { ...section(api.auth), ...section(edit.auth) }
    return { ...config, api: { ...api, ...edit, auth } }
  })
}

function changeTokens(
  gateway: RunningGateway,
  edit: (tokens: readonly Section[]) => readonly Section[],
): void {
  change(gateway, (config) => {
    const api = section(config.api)
    const tokens = listAt(config, 'api', 'auth', 'tokens').map(section)
    return { ...config, api: { ...api, auth: { ...section(api.auth), tokens: edit(tokens) } } }
  })
}

function replaced(tokens: readonly Section[], token: Section): readonly Section[] {
  return [...tokens.filter(({ name }) => name !== token.name), token]
}

function section(value: unknown): Section {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

async function statusFor(gateway: RunningGateway, host: string): Promise<number | undefined> {
  const asked = request(`${gateway.url}/health`, { headers: { Host: host } }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

async function printed(gateway: RunningGateway, pattern: RegExp): Promise<string> {
  return await eventually(String(pattern), () =>
    gateway
      .output()
      .split('\n')
      .find((line) => pattern.test(line)),
  )
}

function count(text: string, words: string): number {
  return text.split(words).length - 1
}

function logText(gateway: RunningGateway): string {
  return readFileSync(join(gateway.home, 'state', 'logs', 'gateway.log'), 'utf8')
}
