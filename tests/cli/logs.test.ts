import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { LogFile } from '../../src/logging/log-file.ts'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { runProgram } from '../support/run-program.ts'
import { useGateway } from '../support/use-gateway.ts'
import { follow } from './follow.ts'
import { bin, type Home, makeHome, type Outcome, runNode } from './support.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let paths: readonly string[]

before(async () => {
  gateway = await useGateway(stack, {
    tokens: { admin: { scope: ['admin'] }, 'my app': { scope: ['chat'] } },
  })
  await gateway.call('POST', '/api/v1/chat', { message: 'echo hello' })
  await gateway.call('POST', '/api/v1/chat', { message: 'echo hello' }, gateway.secrets['my app'])
  await gateway.call('GET', '/api/v1/models', undefined, gateway.secrets['my app'])
  await gateway.call('POST', '/api/v1/chat/stream', { message: 'echo hello' }).then((reply) => reply.text())
  await gateway.call('GET', '/health')
  await fetch(`${gateway.url}/api/v1/models`)
  paths = [
    '/api/v1/chat',
    '/api/v1/chat',
    '/api/v1/models',
    '/api/v1/chat/stream',
    '/health',
    '/api/v1/models',
  ]
  await eventually('six requests in the file', () => (requests(logText()).length === 6 ? true : undefined))
})
after(() => stack.disposeAsync())

test('each request has one line that people can read, in the order in which they came', async () => {
  const { code, stdout, stderr } = await logs()
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.split('\n').filter((line) => line.includes('api request'))
  assert.deepEqual(
    lines.map((line) => / path=(\S+)/.exec(line)?.[1]),
    paths,
  )
  for (const line of lines) {
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z api request requestId=req_\w+ method=/)
    assert.match(line, / status=\d{3} durationMs=[\d.]+ ip=127\.0\.0\.1/)
  }
  assert.match(lines[1] ?? '', / token="my app" model=demo/)
  assert.match(lines[2] ?? '', / status=403 .* error=insufficient_scope/)
})

test("the guide's command line finds every call", async () => {
  const command = `"$0" "$1" logs | grep -i "api\\|request\\|response"`
  const { code, stdout } = await shell(command)
  assert.equal(code, 0)
  assert.equal(stdout.split('\n').filter((line) => line.includes('api request')).length, paths.length)
})

test('--json prints the lines of the file', async () => {
  const { stdout } = await logs('--json')
  const lines = requests(stdout)
  assert.deepEqual(
    lines.map((line) => at(line, 'path')),
    paths,
  )
  assert.ok(lines.every((line) => typeof at(line, 'durationMs') === 'number'))
})

test('--status, --token and --level show what they name, and each of them what the others leave', async () => {
  const shown = async (...args: readonly string[]): Promise<readonly unknown[]> =>
    requests((await logs('--json', ...args)).stdout).map((line) => [at(line, 'path'), at(line, 'status')])
  assert.deepEqual(await shown('--status', '4xx'), [
    ['/api/v1/models', 403],
    ['/api/v1/models', 401],
  ])
  assert.deepEqual(await shown('--status', '401'), [['/api/v1/models', 401]])
  assert.deepEqual(await shown('--token', 'my app'), [
    ['/api/v1/chat', 200],
    ['/api/v1/models', 403],
  ])
  assert.deepEqual(await shown('--token', 'my app', '--status', '2XX'), [['/api/v1/chat', 200]])
  assert.deepEqual(await shown('--level', 'warn'), [])
  assert.equal((await shown('--level', 'info')).length, paths.length)
  assert.deepEqual(await shown('--token', 'nobody'), [])
})

test('--since takes a span or a time, and leaves out what is older', async () => {
  using home = makeHome()
  const now = Date.now()
  const written = [3 * 86_400_000, 7_200_000, 60_000, 0].map((ago) => line(String(ago), now - ago))
  writeLog(home, written.join(''))
  for (const [since, expected] of [
    ['4d', 4],
    ['5h', 3],
    ['90m', 2],
    ['30s', 1],
    [new Date(now - 7_200_000).toISOString(), 3],
    ['2020-01-01', 4],
  ] as const) {
    const { stdout } = await home.run('logs', '--since', since)
    assert.equal(stdout.trimEnd().split('\n').length, expected, since)
  }
})

test('an option that cannot be ends with 2 and a line that can', async () => {
  for (const [option, value] of [
    ['--since', 'yesterday'],
    ['--since', '5'],
    ['--since', '99999999999d'],
    ['--since', '2026-02-31T25:00:00Z'],
    ['--level', 'loud'],
    ['--status', '600'],
    ['--status', '4x'],
  ] as const) {
    const { code, stdout, stderr } = await logs(option, value)
    assert.deepEqual([code, stdout], [2, ''], `${option} ${value}`)
    assert.match(stderr, /^openclaw: .*expected .*\nTry: openclaw logs .*\n$/)
  }
})

test('before the first start it says that there is no log yet, and where it will be', async () => {
  using home = makeHome()
  const { code, stdout, stderr } = await home.run('logs')
  assert.deepEqual([code, stdout], [3, ''])
  assert.equal(stderr, `There is no log yet at ${logFile(home)}. It begins when the gateway starts.\n`)
})

test('a log at another place is found by the config, and a broken config leaves it where it is by default', async () => {
  using home = makeHome()
  writeLog(home, line('default'))
  home.writeConfig("{ logging: { file: 'own/gateway.log' } }")
  const own = join(dirname(home.configFile), 'own', 'gateway.log')
  mkdirSync(dirname(own))
  writeFileSync(own, line('own'))
  assert.match((await home.run('logs')).stdout, / own\n$/)
  home.writeConfig('{ logging: ')
  assert.match((await home.run('logs')).stdout, / default\n$/)
})

test('older files come first, and lines that were cut or are none are passed over', async () => {
  using home = makeHome()
  writeLog(
    home,
    `${line('c').slice(0, 30)}\n\n[]\n"x"\n{"level":"info"}\n${line('d')}${line('e').slice(0, 40)}`,
  )
  writeFileSync(`${logFile(home)}.1`, line('b'))
  writeFileSync(`${logFile(home)}.4`, line('a'))
  const { code, stdout } = await home.run('logs')
  assert.equal(code, 0)
  assert.deepEqual(stdout.match(/ \w+$/gm), [' a', ' b', ' d'])
})

test('a reader that takes one line gets it, and the command ends, however long the log is', async () => {
  using home = makeHome()
  writeLog(home, line('a line of a long log').repeat(300_000))
  for (const [command, expected] of [
    ['"$0" "$1" logs | head -1', / a line of a long log\n$/],
    ['"$0" "$1" logs -f | head -1', / a line of a long log\n$/],
  ] as const) {
    const started = performance.now()
    const { code, stdout, stderr } = await shell(command, home.env)
    assert.deepEqual([code, stderr], [0, ''], command)
    assert.match(stdout, expected)
    assert.ok(performance.now() - started < 60_000)
  }
})

test('-f goes on with what is written, each line once, past rotations, truncation and removal', async () => {
  using home = makeHome()
  const file = logFile(home)
  using follower = follow(home.env)
  await eventually('the word that there is none yet', () => /no log yet/.test(follower.errors()) || undefined)
  const log = new LogFile(file, Date.now, 2_000)
  const wanted: string[] = []
  const write = (text: string): void => {
    wanted.push(text)
    log.append(line(text).trimEnd())
    log.flush()
  }
  // Several rotations between two looks of the follower.
  for (let i = 0; i < 400; i++) {
    write(`r${i}`)
    if (i % 80 === 79) await follower.shows(`r${i}`)
  }
  truncateSync(file)
  write('truncated')
  await follower.shows('truncated')
  rmSync(file)
  write('removed')
  await follower.shows('removed')
  log[Symbol.dispose]()
  assert.deepEqual(follower.shown(), wanted)
})

test('-f shows a line when it is whole, with its last character', async () => {
  using home = makeHome()
  const text = Buffer.from(line('ä漢😀'))
  writeLog(home, line('first'))
  using follower = follow(home.env)
  await follower.shows('first')
  for (const byte of text) {
    appendFileSync(logFile(home), Buffer.of(byte))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await follower.shows('ä漢😀')
  assert.deepEqual(follower.shown(), ['first', 'ä漢😀'])
})

test('-f over a running gateway shows the next request soon', async () => {
  using follower = follow(environment())
  await follower.shows('api request')
  const id = 'a-request-of-the-follower'
  await fetch(`${gateway.url}/health`, { headers: { 'X-Request-Id': id } })
  const started = performance.now()
  await eventually('the request', () => follower.text().includes(id) || undefined)
  assert.ok(performance.now() - started < 10_000)
})

test('with logging.format json what the gateway prints is the file', async () => {
  await using own = new AsyncDisposableStack()
  const json = await useGateway(own, { config: { logging: { format: 'json' } } })
  await json.call('GET', '/health')
  const printed = await eventually('the line', () => requests(json.output())[0])
  assert.equal(at(printed, 'path'), '/health')
  await json.child.kill('SIGTERM')
  await json.exited
  const file = readFileSync(join(json.home, 'state', 'logs', 'gateway.log'), 'utf8')
  assert.ok(file.includes(`${JSON.stringify(printed)}\n`))
})

test('a disk that takes no log costs lines and no request', async () => {
  await using own = new AsyncDisposableStack()
  const full = await useGateway(own, { config: { logging: { file: '/dev/full' } } })
  for (let i = 0; i < 50; i++) {
    assert.equal((await full.call('POST', '/api/v1/chat', { message: 'echo x' })).status, 200)
  }
  await eventually('fifty lines on the terminal', () =>
    (full.output().match(/api request/g)?.length ?? 0) >= 50 ? true : undefined,
  )
})

function logs(...args: readonly string[]): Promise<Outcome> {
  return runNode([bin, 'logs', ...args], environment())
}

function environment(): Readonly<Record<string, string>> {
  return { HOME: gateway.home, OPENCLAW_STATE_DIR: join(gateway.home, 'state') }
}

function shell(command: string, env = environment()): Promise<Outcome> {
  return runProgram('sh', ['-c', command, process.execPath, bin], env)
}

function logText(): string {
  try {
    return readFileSync(join(gateway.home, 'state', 'logs', 'gateway.log'), 'utf8')
  } catch {
    return ''
  }
}

function requests(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((one) => one.startsWith('{'))
    .map((one): unknown => JSON.parse(one))
    .filter((one) => at(one, 'message') === 'api request')
}

function logFile(home: Home): string {
  return join(home.folder, 'state', 'openclaw', 'logs', 'gateway.log')
}

function writeLog(home: Home, text: string): void {
  mkdirSync(dirname(logFile(home)), { recursive: true })
  writeFileSync(logFile(home), text)
}

function line(message: string, ms = Date.now()): string {
  return `${JSON.stringify({ at: new Date(ms).toISOString(), level: 'info', message })}\n`
}
