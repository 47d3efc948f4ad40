import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../../tests/support/eventually.ts'
import { LogFile } from './log-file.ts'

const now = (): number => 1_790_000_000_000
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0

test('lines stand in the file soon, without anybody flushing, and only this user reads it', async () => {
  using folder = makeFolder()
  const file = join(folder.path, 'logs', 'gateway.log')
  using log = new LogFile(file, now)
  log.append('one')
  log.append('two')
  await eventually('both lines', () => readFileSync(file, 'utf8') === 'one\ntwo\n' || undefined)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700)
})

test('a file of the size becomes .1, up to .5, and no line is lost or stands twice in those that are kept', () => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  const log = new LogFile(file, now, 1_000)
  const line = (i: number): string => `line ${String(i).padStart(6, '0')} ${'x'.repeat(80)}`
  for (let i = 0; i < 200; i++) {
    log.append(line(i))
    log.flush()
  }
  log[Symbol.dispose]()
  const names = readdirSync(folder.path).sort()
  assert.deepEqual(names, ['gateway.log', ...[1, 2, 3, 4, 5].map((i) => `gateway.log.${i}`)])
  const kept = [...names.slice(1).reverse(), 'gateway.log'].flatMap((name) =>
    readFileSync(join(folder.path, name), 'utf8').trimEnd().split('\n'),
  )
  const first = 200 - kept.length
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, i) => line(first + i)),
  )
  for (const name of names) {
    const { size, mode } = statSync(join(folder.path, name))
    assert.ok(size <= 1_100, `${name} has ${size} bytes`)
    assert.equal(mode & 0o777, 0o600)
  }
})

test('a start goes on where the last one ended, by the size that the file has', () => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  for (const text of ['a', 'b', 'c']) {
    using log = new LogFile(file, now, 30)
    log.append(text.repeat(25))
  }
  assert.equal(readFileSync(file, 'utf8'), `${'c'.repeat(25)}\n`)
  assert.equal(readFileSync(`${file}.1`, 'utf8'), `${'a'.repeat(25)}\n${'b'.repeat(25)}\n`)
})

test('a file that somebody else moves away or deletes is made anew', () => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  using log = new LogFile(file, now)
  const write = (line: string): void => {
    log.append(line)
    log.flush()
  }
  write('one')
  renameSync(file, join(folder.path, 'old'))
  write('two')
  assert.equal(readFileSync(file, 'utf8'), 'two\n')
  rmSync(folder.path, { recursive: true })
  write('three')
  assert.equal(readFileSync(file, 'utf8'), 'three\n')
})

test('a folder that takes no new names costs the rotation, not the lines', (t) => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  const log = new LogFile(file, now, 10)
  log.append('a line that is longer than the file may be')
  log.flush()
  // Root may write everywhere: then somebody else does it for a while.
  const nobody = 65_534
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [file, folder.path]) chownSync(path, nobody, nobody)
  chmodSync(folder.path, 0o500)
  if (isRoot) process.seteuid?.(nobody)
  t.after(() => isRoot && process.seteuid?.(0))
  log.append('another one')
  log[Symbol.dispose]()
  if (isRoot) process.seteuid?.(0)
  chmodSync(folder.path, 0o700)
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 3)
})

test('a place that .1 cannot be moved to costs the rotation, not the lines', () => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  // A folder that is not empty cannot be replaced by a file.
  using _blocking = new LogFile(join(`${file}.1`, 'x'), now)
  for (let i = 2; i <= 5; i++) new LogFile(join(`${file}.${i}`, 'x'), now)[Symbol.dispose]()
  using log = new LogFile(file, now, 10)
  for (const text of ['one', 'two', 'three']) {
    log.append(`${text} ${'x'.repeat(20)}`)
    log.flush()
  }
  assert.deepEqual(readFileSync(file, 'utf8').match(/one|two|three/g), ['one', 'two', 'three'])
})

// A pipe of our own: with a device of the machine a failure of this test would take that away.
test('what is no plain file is never moved away', () => {
  using folder = makeFolder()
  const pipe = join(folder.path, 'pipe')
  spawnSync('mkfifo', [pipe])
  const reader = openSync(pipe, 'r+')
  using log = new LogFile(pipe, now, 10)
  for (let i = 0; i < 3; i++) {
    log.append('x'.repeat(100))
    log.flush()
  }
  closeSync(reader)
  assert.ok(statSync(pipe).isFIFO())
  assert.deepEqual(readdirSync(folder.path), ['pipe'])
})

test('a disk that takes nothing costs lines and no error', () => {
  using log = new LogFile('/dev/full', now)
  for (let i = 0; i < 100; i++) {
    log.append('x'.repeat(100_000))
    log.flush()
  }
})

test('what a full disk took away is counted when there is room again, and a cut line swallows no other', {
  skip: canMount ? false : 'needs user namespaces to mount a small disk',
}, () => {
  using folder = makeFolder()
  const program = `
    import { execFileSync } from 'node:child_process'
    import { LogFile } from ${JSON.stringify(join(import.meta.dirname, 'log-file.ts'))}
    const [, folder] = process.argv
    const log = new LogFile(folder + '/gateway.log', () => 1_790_000_000_000)
    for (let i = 0; i < 40; i++) {
      log.append(JSON.stringify({ line: i, text: 'x'.repeat(10_000) }))
      log.flush()
    }
    // By its whole name: else mount adds options of who made it, which it refuses where that is not root.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'remount,size=10m', 'tmpfs', folder])
    for (const line of ['back', 'again']) {
      log.append(JSON.stringify({ line }))
      log.flush()
    }
    log[Symbol.dispose]()
    process.stdout.write(execFileSync('cat', [folder + '/gateway.log']))`
  const mount = 'mount -t tmpfs -o size=200k tmpfs "$1" && folder="$1" && shift && exec "$@" "$folder"'
  const { stdout, stderr } = spawnSync('unshare', [
    '--map-root-user',
    '--mount',
    ...['sh', '-c', mount, 'sh', folder.path],
    ...[process.execPath, '--input-type=module', '-e', program],
  ])
  assert.equal(stderr.toString(), '')
  const lines = stdout.toString().trimEnd().split('\n')
  const readable = lines.map(parse).filter((line) => line !== undefined)
  assert.ok(lines.length - readable.length <= 1, 'at most one line was cut')
  const numbers = readable.map((line) => line.line)
  const before = numbers.indexOf(undefined)
  assert.deepEqual(
    numbers.slice(0, before),
    Array.from({ length: before }, (_, i) => i),
  )
  assert.deepEqual(readable[before], {
    at: '2026-09-21T14:13:20.000Z',
    level: 'error',
    message: 'log lines lost',
    lines: 40 - before,
  })
  assert.deepEqual(numbers.slice(before + 1), ['back', 'again'])
})

test('lines that another program writes into the file stand where they came', () => {
  using folder = makeFolder()
  const file = join(folder.path, 'gateway.log')
  using log = new LogFile(file, now)
  log.append('one')
  log.flush()
  appendFileSync(file, 'two\n')
  log.append('three')
  log.flush()
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n')
})

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function makeFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'openclaw-log-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
