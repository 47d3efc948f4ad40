import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../tests/support/eventually.ts'
import { loadConfig } from './load.ts'
import { fingerprint, watchConfig } from './watch.ts'

/** A config file that is watched as the gateway watches its own. */
interface Watched extends Disposable {
  readonly folder: string
  readonly file: string
  /** The history length of each config that was taken, in order. */
  readonly taken: readonly number[]
  readonly problems: readonly string[]
  /** Resolves when the last config that was taken has this history length. */
  takes(historyMessages: number): Promise<void>
}

test('a change is taken, also one that was made before the watching began', async () => {
  using folder = makeFolder()
  const file = join(folder.path, 'openclaw.json5')
  writeFileSync(file, textOf(1))
  const baseline = fingerprint(file)
  writeFileSync(file, textOf(2))
  using watched = watch(folder.path, file, baseline)
  await watched.takes(2)
  writeFileSync(file, textOf(3))
  await watched.takes(3)
  assert.deepEqual(watched.taken, [2, 3])
})

test('what is written again as it stood is no change', async () => {
  using watched = await watchNew()
  writeFileSync(watched.file, textOf(1))
  writeFileSync(watched.file, textOf(2))
  await watched.takes(2)
  assert.deepEqual(watched.taken, [1, 2])
})

test('a file that is written in pieces is read when it is whole', async () => {
  using watched = await watchNew()
  const text = textOf(2)
  writeFileSync(watched.file, '')
  for (const piece of text.match(/.{1,6}/gs) ?? []) {
    await pause(40)
    appendFileSync(watched.file, piece)
  }
  await watched.takes(2)
  assert.deepEqual([watched.taken, watched.problems], [[1, 2], []])
})

test('each way in which editors and tools replace a file counts', async () => {
  using watched = await watchNew()
  const { folder, file } = watched
  const ways: readonly ((text: string) => void)[] = [
    // Written in place: nano, echo.
    (text) => writeFileSync(file, text),
    // Another file renamed over it: most editors and tools.
    (text) => {
      writeFileSync(join(folder, '.openclaw.json5.swp'), text)
      renameSync(join(folder, '.openclaw.json5.swp'), file)
    },
    // The old one moved aside as a backup first: vim with backupcopy=no.
    (text) => {
      writeFileSync(join(folder, '4913'), '')
      rmSync(join(folder, '4913'))
      renameSync(file, `${file}~`)
      writeFileSync(file, text)
      chmodSync(file, 0o600)
      rmSync(`${file}~`)
    },
    // Deleted and made again.
    (text) => {
      rmSync(file)
      writeFileSync(file, text)
    },
  ]
  for (const [i, write] of ways.entries()) {
    write(textOf(10 + i))
    await watched.takes(10 + i)
  }
  assert.deepEqual(watched.problems, [])
})

test('a file that is gone for a moment changes nothing, and counts when it is back', async () => {
  using watched = await watchNew()
  rmSync(watched.file)
  await pause(500)
  writeFileSync(watched.file, textOf(2))
  await watched.takes(2)
  assert.deepEqual([watched.taken, watched.problems], [[1, 2], []])
})

test('a file that stays away leaves the last config in force and is told of once', async () => {
  using watched = await watchNew()
  rmSync(watched.file)
  await eventually('the problem', () => watched.problems[0])
  await pause(300)
  assert.deepEqual(watched.problems, [`${watched.file}  the file is gone; the last config stays.`])
  assert.deepEqual(watched.taken, [1])
  writeFileSync(watched.file, textOf(2))
  await watched.takes(2)
})

test('an invalid file is told of with line and column, and its mending counts', async () => {
  using watched = await watchNew()
  writeFileSync(watched.file, '{\n  conversations: { historyMessages: "many" },\n  api: { port: 0 } }')
  await eventually('the problems', () => (watched.problems.length > 1 ? true : undefined))
  assert.match(
    watched.problems[0] ?? '',
    /^openclaw\.json5:2:37 {2}conversations\.historyMessages: found "many"/,
  )
  assert.match(watched.problems[1] ?? '', /^openclaw\.json5:3:16 {2}api\.port: found 0/)
  assert.deepEqual(watched.taken, [1])
  writeFileSync(watched.file, textOf(2))
  await watched.takes(2)
})

test('a file behind a link counts when its target is exchanged, as a mounted secret is', async () => {
  using folder = makeFolder()
  const target = (name: string): string => join(folder.path, name)
  for (const [name, length] of [
    ['first', 1],
    ['second', 2],
  ] as const) {
    mkdirSync(target(name))
    writeFileSync(join(target(name), 'openclaw.json5'), textOf(length))
  }
  symlinkSync('first', target('..data'))
  const file = target('openclaw.json5')
  symlinkSync('..data/openclaw.json5', file)
  using watched = watch(folder.path, file, 'another text')
  await watched.takes(1)
  symlinkSync('second', target('..data_tmp'))
  renameSync(target('..data_tmp'), target('..data'))
  await watched.takes(2)
})

test('the first config file counts, in a folder that was not there either', async () => {
  using folder = makeFolder()
  const file = join(folder.path, 'not', 'yet', 'openclaw.json5')
  using watched = watch(folder.path, file, fingerprint(file))
  await pause(400)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, textOf(2))
  await watched.takes(2)
  assert.deepEqual(watched.problems, [])
})

test('a file that never rests is read all the same', async () => {
  using watched = await watchNew()
  const until = performance.now() + 4_000
  for (let i = 0; watched.taken.length === 1 && performance.now() < until; i++) {
    writeFileSync(watched.file, `${textOf(2)}${' '.repeat(i)}`)
    await pause(50)
  }
  assert.deepEqual(watched.taken, [1, 2])
})

test('a pipe is not emptied before it is loaded', () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { fingerprint } from ${JSON.stringify(join(import.meta.dirname, 'watch.ts'))}
    fingerprint('/dev/stdin')
    process.stdout.write(readFileSync('/dev/stdin'))`
  const args = ['--input-type=module', '-e', program]
  assert.equal(
    execFileSync('sh', ['-c', 'echo text | "$@"', 'sh', process.execPath, ...args]).toString(),
    'text\n',
  )
})

test('after its end nothing is told any more', async () => {
  using folder = makeFolder()
  const file = join(folder.path, 'openclaw.json5')
  writeFileSync(file, textOf(1))
  const watched = watch(folder.path, file, 'another text')
  await watched.takes(1)
  writeFileSync(file, textOf(2))
  watched[Symbol.dispose]()
  await pause(400)
  assert.deepEqual([watched.taken, watched.problems], [[1], []])
})

function textOf(historyMessages: number): string {
  return `{ conversations: { historyMessages: ${historyMessages} } }\n`
}

function makeFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'openclaw-watch-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Watches a file with a history of 1, and has looked at it once. */
async function watchNew(): Promise<Watched> {
  const folder = makeFolder()
  const file = join(folder.path, 'openclaw.json5')
  writeFileSync(file, textOf(1))
  const watched = watch(folder.path, file, 'another text')
  await watched.takes(1)
  return {
    ...watched,
    [Symbol.dispose]() {
      watched[Symbol.dispose]()
      folder[Symbol.dispose]()
    },
  }
}

function watch(folder: string, file: string, baseline: string): Watched {
  const taken: number[] = []
  const problems: string[] = []
  const watching = watchConfig({
    file,
    baseline,
    load: () => loadConfig({ configFlag: file, env: {}, home: folder }),
    onChange: ({ config }) => taken.push(config.conversations.historyMessages),
    onProblem: (lines) => problems.push(...lines),
  })
  return {
    folder,
    file,
    taken,
    problems,
    async takes(historyMessages) {
      await eventually(`history of ${historyMessages}`, () => taken.at(-1) === historyMessages || undefined)
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  }
}
