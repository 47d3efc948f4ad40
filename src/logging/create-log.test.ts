import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import type { Log, LogLevel } from '../domain/log.ts'
import { createLog } from './create-log.ts'
import { LogFile } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'openclaw-create-log-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Written {
  readonly log: Log
  readonly settings: { level: LogLevel; format: 'text' | 'json' }
  readonly printed: readonly string[]
  /** Lines of the file. */
  lines(): readonly unknown[]
}

test('the file holds one JSON object a line, the terminal text for people', () => {
  const { log, lines, printed } = write()
  log('info', 'api request', { status: 200, path: '/health', model: undefined, token: null })
  log('warn', 'something', { sentence: 'two words, "quoted"' })
  assert.deepEqual(lines(), [
    {
      at: '2026-09-21T14:13:20.000Z',
      level: 'info',
      message: 'api request',
      status: 200,
      path: '/health',
      token: null,
    },
    {
      at: '2026-09-21T14:13:20.000Z',
      level: 'warn',
      message: 'something',
      sentence: 'two words, "quoted"',
    },
  ])
  assert.deepEqual(printed, [
    '14:13:20.000 api request status=200 path=/health',
    String.raw`14:13:20.000 WARN something sentence="two words, \"quoted\""`,
  ])
})

test('with the format json the terminal gets what the file gets', () => {
  const { log, lines, printed } = write({ format: 'json' })
  log('error', 'something', { n: 1 })
  assert.deepEqual(
    printed.map((line) => JSON.parse(line)),
    lines(),
  )
})

test('what is less severe than the level is written nowhere, and the level can change', () => {
  const { log, lines, printed, settings } = write({ level: 'warn' })
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, level)
  assert.equal(printed.length, 2)
  settings.level = 'debug'
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, level)
  assert.equal(printed.length, 6)
  assert.equal(lines().length, 6)
})

test('no value can begin a line of its own, move the cursor or hide what follows', () => {
  const { log, printed, settings } = write()
  const hostile = 'a\nb\r\u001b[2J\u0007\u0085\u009b31m\u2028c\u202ed\u200be\ufeff\u{e0041}"\\ é 漢 😀'
  log('info', 'line', { value: hostile })
  settings.format = 'json'
  log('info', 'line', { value: hostile })
  const file = readFileSync(join(folder, 'gateway.log'), 'utf8')
  for (const text of [...printed, ...file.trimEnd().split('\n')]) {
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.match(text, /é 漢 😀/)
  }
  assert.equal(JSON.parse(printed[1] ?? '').value, hostile)
  assert.equal(JSON.parse(/value=(".*")$/.exec(printed[0] ?? '')?.[1] ?? ''), hostile)
})

function write(start: { level?: LogLevel; format?: 'text' | 'json' } = {}): Written {
  const file = new LogFile(join(folder, 'gateway.log'), () => 0)
  const printed: string[] = []
  const settings: Written['settings'] = { level: 'info', format: 'text', ...start }
  const log = createLog({
    file,
    settings: () => settings,
    print: (line) => printed.push(line),
    now: () => 1_790_000_000_000,
  })
  return {
    log: (...line) => {
      log(...line)
      file.flush()
    },
    settings,
    printed,
    lines: () =>
      readFileSync(join(folder, 'gateway.log'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}
