import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type RunningGateway, startGateway } from '../support/gateway.ts'

const launcher = resolve(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')

interface Run {
  readonly printed: () => string
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

function run(home: string, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: home, OLLAMA_HOST: '127.0.0.1:1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    text += String(chunk)
  })
  return {
    printed: () => text,
    ended: once(child, 'close').then(([code]) => code),
    kill: (signal) => child.kill(signal),
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, 'it did not come in time')
    await new Promise((done) => setTimeout(done, 20))
  }
}

describe('the first start', () => {
  let home = ''
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'openclaw-first-'))
  })
  after(() => rm(home, { recursive: true, force: true }))

  test('needs no key and no config, and prints one command that streams an answer', async () => {
    const gateway = run(home, 'gateway', '--port', '0')
    await until(() => gateway.printed().includes('curl -N'))
    const command = /curl -N [\s\S]*?'\{"message": "Hello"\}'/.exec(gateway.printed())?.[0] ?? ''
    const curl = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
    let answer = ''
    curl.stdout.on('data', (chunk) => {
      answer += String(chunk)
    })
    await once(curl, 'close')
    assert.match(answer, /"type":"start".*"model":"demo"/)
    assert.match(answer, /"type":"done"/)
    gateway.kill('SIGTERM')
    assert.equal(await gateway.ended, 0)
  })

  test('puts the admin token where no terminal shows it: a file for its owner alone, never the output', async () => {
    const file = join(home, '.local/state/openclaw/first-token')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.match(await readFile(file, 'utf8'), /^oc_tok_[0-9A-Za-z]{36}\n$/)
  })

  test('is the only one to make a token: the second prints four lines', async () => {
    const gateway = run(home, 'gateway', '--port', '0')
    await until(() => gateway.printed().includes('Address'))
    gateway.kill('SIGTERM')
    assert.equal(await gateway.ended, 0)
    const lines = gateway.printed().split('\n')
    assert.equal(
      lines.findIndex((line) => line.startsWith('SIGTERM')),
      4,
      gateway.printed(),
    )
    assert.ok(!gateway.printed().includes('oc_tok_'))
  })
})

describe('a gateway that stops', () => {
  test('lets a running stream come to its end, refuses new work with shutting_down, and exits 0', async () => {
    const gateway = await startGateway()
    const stream = await gateway.call('POST', '/api/v1/chat/stream', { message: 'slow' })
    gateway.child.kill('SIGTERM')
    await until(() => gateway.output().includes('finishing what runs'))
    const refused = await gateway.call('POST', '/api/v1/chat', { message: 'Hello' })
    assert.equal(refused.status, 503)
    const body: unknown = await refused.json()
    assert.ok(typeof body === 'object' && body !== null && 'error' in body)
    assert.equal(body.error, 'shutting_down')
    assert.match(await stream.text(), /"type":"done"/)
    assert.deepEqual(await gateway.exited, [0, null])
    await gateway.stop()
  })

  test('exits at once on a second signal that comes a while after the first', async () => {
    const gateway = await startGateway()
    const stream = await gateway.call('POST', '/api/v1/chat/stream', { message: 'slow' })
    gateway.child.kill('SIGINT')
    gateway.child.kill('SIGINT')
    await until(() => gateway.output().includes('finishing what runs'))
    await new Promise((done) => setTimeout(done, 1_100))
    assert.equal(gateway.child.exitCode, null, 'two signals at once are one')
    gateway.child.kill('SIGINT')
    assert.deepEqual(await gateway.exited, [1, null])
    await stream.text().catch(() => '')
    await gateway.stop()
  })
})

describe('a gateway that cannot start', () => {
  let gateway: RunningGateway
  before(async () => {
    gateway = await startGateway()
  })
  after(() => gateway.stop())

  test('says that its port is taken, and by which option to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(typeof address === 'object' && address !== null)
    const home = await mkdtemp(join(tmpdir(), 'openclaw-port-'))
    const second = run(home, 'gateway', '--port', String(address.port))
    assert.equal(await second.ended, 1)
    assert.match(second.printed(), new RegExp(`Port ${address.port} is taken .* --port ${address.port + 1}`))
    other.close()
    await rm(home, { recursive: true })
  })

  test('says that another one uses the data folder', async () => {
    const file = join(gateway.home, 'openclaw.json5')
    const child = spawn(process.execPath, [launcher, 'gateway', '--port', '0', '--config', file], {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: gateway.home,
        OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let printed = ''
    child.stderr.on('data', (chunk) => {
      printed += String(chunk)
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(printed, new RegExp(`${gateway.pid}`))
    assert.equal((await gateway.call('GET', '/health')).status, 200)
  })

  test('exits 2, on which no supervisor should loop, with each mistake of the config at its place', async () => {
    const home = await mkdtemp(join(tmpdir(), 'openclaw-config-'))
    const file = join(home, 'bad.json5')
    await writeFile(file, '{\n  api: { port: "abc", hots: "::1" },\n}\n', { mode: 0o600 })
    const broken = run(home, 'gateway', '--config', file)
    assert.equal(await broken.ended, 2)
    assert.match(broken.printed(), /bad\.json5:2:16 {2}api\.port: found "abc"/)
    assert.match(broken.printed(), /warning: api\.hots: .*host/)
    await rm(home, { recursive: true })
  })

  test('beyond loopback without authentication is refused', async () => {
    const home = await mkdtemp(join(tmpdir(), 'openclaw-open-'))
    const file = join(home, 'open.json5')
    await writeFile(file, '{ api: { host: "0.0.0.0", auth: { enabled: false } } }', { mode: 0o600 })
    const open = run(home, 'gateway', '--config', file)
    assert.equal(await open.ended, 2)
    assert.match(open.printed(), /auth/)
    await rm(home, { recursive: true })
  })
})
