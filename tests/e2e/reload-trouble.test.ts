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
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { listAt } from '../support/json.ts'
import { change, changeApi, count, printed, reloaded } from '../support/live-config-file.ts'
import { startAsUser } from '../support/start-as-user.ts'
import { useGateway } from '../support/use-gateway.ts'

const plenty = 1_000_000

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

function logText(gateway: RunningGateway): string {
  return readFileSync(join(gateway.home, 'state', 'logs', 'gateway.log'), 'utf8')
}
