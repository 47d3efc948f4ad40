import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkClock } from '../../src/cli/doctor-state.ts'
import type { Store } from '../../src/domain/store.ts'
import { closedPort } from '../support/closed-port.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { withSilentListener } from '../support/provider-silent-listener.ts'
import { useGateway } from '../support/use-gateway.ts'
import { doctor, type Row, rowsOf, withStore } from './doctor-support.ts'
import { bin, makeHome, runNode } from './support.ts'

const plainSecret = 'a-plain-secret-of-thirty-characters'
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0

test('what others can read is wrong, and its remedy mends it', async () => {
  using home = makeHome()
  home.writeConfig(
    JSON.stringify({ api: { auth: { tokens: [{ name: 'a', token: plainSecret, scope: 'chat' }] } } }),
  )
  await withStore(home, async () => undefined)
  const state = dirname(home.databaseFile)
  mkdirSync(join(state, 'logs'))
  const files = [
    home.configFile,
    home.databaseFile,
    join(state, 'first-token'),
    join(state, 'some.key'),
    join(state, 'logs', 'gateway.log'),
    join(state, 'logs', 'gateway.log.1'),
  ]
  for (const file of files.slice(2)) writeFileSync(file, 'x', { mode: 0o600 })
  assert.deepEqual(permissions((await doctor(home)).rows), [['warning', `rm ${join(state, 'first-token')}`]])
  for (const file of [...files, state]) chmodSync(file, 0o755)
  const { code, rows, stdout } = await doctor(home)
  assert.equal(code, 1)
  const found = permissions(rows)
  const wrong = found.filter(([status]) => status === 'error').map(([, remedy]) => remedy)
  for (const file of files) assert.ok(wrong.includes(`chmod 600 ${file}`), file)
  assert.ok(found.some(([status, remedy]) => status === 'warning' && remedy === `chmod 700 ${state}`))
  assert.ok(!stdout.includes(plainSecret))
  for (const [, remedy] of found) assert.equal(spawnSync('sh', ['-c', String(remedy)]).status, 0)
  assert.deepEqual(
    (await doctor(home)).rows.filter(({ check }) => check === 'permissions').map(({ status }) => status),
    ['ok'],
  )
})

test('a config that holds no secret may be read by others', async () => {
  using home = makeHome()
  home.writeConfig(JSON.stringify({ models: { default: 'demo' } }))
  chmodSync(home.configFile, 0o644)
  assert.deepEqual(permissions((await doctor(home)).rows), [['ok', null]])
})

test('a clock that was set back is found by the newest row, and one before this version by itself', async () => {
  using home = makeHome()
  await withStore(home, (store) => turnAt(store, Date.now() + 3_600_000))
  const { code, rows } = await doctor(home)
  assert.equal(code, 1)
  const row = rows.find(({ check }) => check === 'clock')
  assert.match(row?.sentence ?? '', /^The database was written to 60 minutes in the future/)
  assert.equal(row?.remedy, 'sudo timedatectl set-ntp true')
  const [early] = checkClock(undefined, Date.parse('2020-01-01'))
  assert.match(early?.sentence ?? '', /before this version was made/)
})

test('a clock that is right is well, with a database too', async () => {
  using home = makeHome()
  await withStore(home, (store) => turnAt(store, Date.now()))
  const { code, rows } = await doctor(home)
  assert.equal(code, 0)
  assert.equal(rows.find(({ check }) => check === 'clock')?.status, 'ok')
  assert.match(rows.find(({ check }) => check === 'database')?.sentence ?? '', /openclaw\.db is sound\.$/)
})

test('a full disk is wrong, with the command that shows it', {
  skip: canMount ? false : 'needs user namespaces to mount a small disk',
}, () => {
  using home = makeHome()
  const state = join(home.folder, 'small disk')
  mkdirSync(state)
  const script = 'mount -t tmpfs -o size=20m tmpfs "$OPENCLAW_STATE_DIR" && exec "$@"'
  const { stdout, status } = spawnSync(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', process.execPath, bin, 'doctor', '--json'],
    { env: { PATH: process.env.PATH, ...home.env, OPENCLAW_STATE_DIR: state } },
  )
  assert.equal(status, 1)
  const row = rowsOf(stdout.toString()).find(({ check }) => check === 'disk')
  assert.match(row?.sentence ?? '', /^\d+ MB are free on the disk of /)
  assert.deepEqual([row?.status, row?.remedy], ['error', `df -h '${state}'`])
})

test('a damaged database is found, and left as it was', async () => {
  using home = makeHome()
  await withStore(home, async (store) => {
    for (let i = 0; i < 50; i++) await turnAt(store, 1_000 + i, 'x'.repeat(2_000))
  })
  const bytes = readFileSync(home.databaseFile)
  bytes.fill(0x5a, 8 * 4096, 12 * 4096)
  writeFileSync(home.databaseFile, bytes)
  const { code, rows } = await doctor(home)
  assert.equal(code, 1)
  const row = rows.find(({ check }) => check === 'database')
  assert.equal(row?.status, 'error')
  assert.match(row?.sentence ?? '', /damaged.* restore .*openclaw\.db\.$/)
  assert.ok(readFileSync(home.databaseFile).equals(bytes))
  writeFileSync(home.databaseFile, '{ "this": "is no database" }')
  assert.match((await doctor(home)).rows.find(({ check }) => check === 'database')?.sentence ?? '', /damaged/)
})

test('a gateway that runs is found by its process, and looking at it disturbs nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack, { tokens: { admin: { scope: ['admin'] } } })
  const env = {
    HOME: gateway.home,
    OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
    OLLAMA_HOST: '127.0.0.1:1',
  }
  const config = ['--config', join(gateway.home, 'openclaw.json5')]
  const chat = (): Promise<Response> => gateway.call('POST', '/api/v1/chat', { message: 'echo x' })
  const [{ code, stdout }, ...replies] = await Promise.all([
    runNode([bin, 'doctor', '--json', ...config], env),
    ...Array.from({ length: 50 }, chat),
  ])
  assert.equal(code, 0, stdout)
  const running = rowsOf(stdout).find(({ check }) => check === 'gateway')
  assert.equal(running?.sentence, `It runs on ${join(gateway.home, 'state')} (process ${gateway.pid}).`)
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  assert.equal((await chat()).status, 200)
})

test('a process id that a dead gateway left behind is no gateway, whoever has that number now', async () => {
  using home = makeHome()
  await withStore(home, async () => undefined)
  for (const pid of [process.pid, 4_194_304]) {
    writeFileSync(join(dirname(home.databaseFile), 'gateway.lock.pid'), `${pid}\n`, { mode: 0o600 })
    writeFileSync(join(dirname(home.databaseFile), 'gateway.lock'), '', { mode: 0o600 })
    const row = (await doctor(home)).rows.find(({ check }) => check === 'gateway')
    assert.match(row?.sentence ?? '', /^None runs/)
  }
})

test('a port that another program has is found, with the command that takes another one', async () => {
  using home = makeHome()
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  home.writeConfig(JSON.stringify({ api: { port } }))
  const { rows } = await doctor(home)
  server.close()
  const row = rows.find(({ check }) => check === 'gateway')
  assert.deepEqual([row?.status, row?.remedy], ['warning', `openclaw gateway --port ${port + 1}`])
})

test('providers are asked for their lists alone, and each that does not answer is named within five seconds', async () => {
  using home = makeHome()
  await using good = await startOpenAiServer()
  await using refusing = await startOpenAiServer()
  const dialect = { api: 'openai-completions' }
  await withSilentListener(async (silentPort) => {
    home.writeConfig(
      JSON.stringify({
        models: {
          providers: {
            good: { ...dialect, baseUrl: good.url, apiKey: openAiDefaults.apiKey },
            listed: {
              ...dialect,
              baseUrl: good.url,
              apiKey: openAiDefaults.apiKey,
              models: [{ id: 'gpt-4o-mini' }],
            },
            unlisted: {
              ...dialect,
              baseUrl: `${good.url}/nowhere`,
              apiKey: openAiDefaults.apiKey,
              models: [{ id: 'm' }],
            },
            refusing: { ...dialect, baseUrl: refusing.url, apiKey: 'sk-a-wrong-key-of-the-tests' },
            dead: {
              ...dialect,
              baseUrl: 'http://127.0.0.1:1/v1?key=in-the-address',
              apiKey: 'k',
              models: [{ id: 'm' }],
            },
            silent: { ...dialect, baseUrl: `http://127.0.0.1:${silentPort}/v1`, apiKey: 'k' },
          },
        },
      }),
    )
    const started = performance.now()
    const { code, rows, stdout } = await doctor(home)
    assert.ok(performance.now() - started < 40_000)
    assert.equal(code, 1)
    const found = rows
      .filter(({ check }) => check === 'models')
      .map(({ status, sentence }) => `${status}: ${sentence}`)
    assert.equal(found.length, 6)
    assert.deepEqual(found.slice(0, 3), [
      'ok: good lists 3 models.',
      'ok: listed lists 3 models.',
      'ok: unlisted answers; its 1 models are those of the config.',
    ])
    assert.match(found[3] ?? '', /^error: refusing refuses our key \(401\)/)
    assert.match(found[4] ?? '', /^error: dead cannot be reached/)
    assert.match(found[5] ?? '', /^error: silent did not answer within 5 seconds|^error: .*silent/)
    for (const request of good.requests) assert.equal(request.method, 'GET')
    for (const secret of [openAiDefaults.apiKey, 'sk-a-wrong-key-of-the-tests', 'in-the-address'])
      assert.ok(!stdout.includes(secret))
  })
})

test('a default and fallbacks that no provider lists are named, unless one has not told its models', async () => {
  await using server = await startOpenAiServer()
  using home = makeHome()
  const acme = { api: 'openai-completions', baseUrl: server.url, apiKey: openAiDefaults.apiKey }
  const models = {
    default: 'gpt-4o-mimi',
    fallbacks: ['acme/gpt-4o-mini', 'demo', 'short', 'nobody'],
    aliases: { short: 'gpt-4o-mini' },
    providers: { acme },
  }
  home.writeConfig(JSON.stringify({ models }))
  const found = (await doctor(home)).rows.filter(({ check, status }) => check === 'models' && status !== 'ok')
  assert.deepEqual(
    found.map(({ status, sentence }) => [status, sentence]),
    [
      ['error', 'models.default is "gpt-4o-mimi", which no provider lists. Did you mean gpt-4o-mini?'],
      ['warning', 'models.fallbacks[3] is "nobody", which no provider lists.'],
    ],
  )
  const silent = { ...acme, baseUrl: `http://127.0.0.1:${await closedPort()}` }
  home.writeConfig(JSON.stringify({ models: { ...models, providers: { acme, silent } } }))
  const rows = (await doctor(home)).rows.filter(({ sentence }) => sentence.includes('lists. '))
  assert.deepEqual(rows, [])
})

test('keys and an Ollama that are found without a config are asked as well', async () => {
  using home = makeHome()
  await using server = await startOpenAiServer()
  const found = await doctor(home, { OPENAI_API_KEY: openAiDefaults.apiKey, OPENAI_BASE_URL: server.url })
  assert.deepEqual(found.rows.find(({ check }) => check === 'models')?.sentence, 'openai lists 3 models.')
  const refused = await doctor(home, { OPENAI_API_KEY: 'sk-wrong', OPENAI_BASE_URL: server.url })
  assert.equal(refused.rows.find(({ check }) => check === 'models')?.remedy, 'export OPENAI_API_KEY=…')
  const asked = await doctor(home, { OLLAMA_HOST: '127.0.0.1:2' })
  const ollama = asked.rows.find(({ check }) => check === 'ollama')
  assert.deepEqual([ollama?.status, ollama?.remedy], ['warning', 'ollama serve'])
})

function permissions(rows: readonly Row[]): readonly (readonly [string, unknown])[] {
  return rows
    .filter(({ check }) => check === 'permissions')
    .map(({ status, remedy }) => [status, remedy] as const)
}

async function turnAt(store: Store, ms: number, content = 'Hello'): Promise<void> {
  const conversation = {
    id: `c${ms}`,
    channel: 'api',
    chatId: `c${ms}`,
    owner: null,
    title: 't',
    isNew: true,
  }
  await store.turns.begin({ conversation, messageId: `msg_${ms}`, content, at: ms })
}
