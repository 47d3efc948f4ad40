// Every block of the pages that users read is run, loaded or parsed, by its language: `sh`, `python` and `js` on a gateway that runs, `json5` by the config's
// own loader, `json` and `yaml` by a parser. Of a `console` block each `$ command` is run and what it prints compared (`…` stands for anything, a day
// for any day); one that begins with npm is left to tests/e2e. `<!-- not run: why -->` before a block exempts it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { Ran } from '../support/run-program.ts'
import { runProgram } from '../support/run-program.ts'
import { type Block, type Page, readPages } from './support/blocks.ts'
import { commandsIn, faultOf } from './support/command-check.ts'
import { openStage, type Stage } from './support/stage.ts'

const shells = new Set(['sh', 'bash'])
const stack = new AsyncDisposableStack()
const pages = readPages()
let stage: Stage
let missing: readonly string[] = []

before(async () => {
  const needed = ['bash', 'curl', 'python3']
  const found = await Promise.all(
    needed.map((command) =>
      runProgram(command, ['--version']).then(
        () => true,
        () => false,
      ),
    ),
  )
  missing = needed.filter((_command, index) => found[index] !== true)
  stage = await openStage(stack)
})
after(() => stack.disposeAsync())

// The blocks of a page one after another, as they are read; some pages at a time.
suite('pages', { concurrency: 3 }, () => {
  for (const page of pages) suite(page.name, { concurrency: 1 }, () => checkPage(page))
})

test('a marker says why, and stands before a block that would run', () => {
  for (const { name, text, blocks } of pages) {
    const marked = blocks.filter(({ notRun }) => notRun !== undefined)
    assert.equal(marked.length, text.split('<!-- not run').length - 1, `${name}: a marker without a block`)
    for (const block of marked) assert.ok(check(block), `${block.place}: would not run anyway`)
  }
})

function checkPage(page: Page): void {
  for (const block of page.blocks) {
    if (block.notRun !== undefined || check(block) === undefined) continue
    test(`${block.place} ${block.language}`, async (context) => {
      const lacks = missing.find((command) => needs(block).includes(command))
      if (lacks === undefined) await check(block)?.()
      else context.skip(`there is no ${lacks} on this machine`)
    })
  }

  test('every command of openclaw is one that there is', () => {
    for (const line of commandsIn(page.text)) assert.equal(faultOf(line), undefined, line)
  })
}

// What is done with a block; nothing for a language that is only shown.
function check(block: Block): (() => Promise<void> | void) | undefined {
  const { language, text, place } = block
  if (shells.has(language) || language === 'python' || language === 'js') {
    return async () => {
      const { code, stdout, stderr } = await stage.run(block)
      assert.equal(code, 0, `${place}\n${stdout}\n${stderr}`)
    }
  }
  switch (language) {
    case 'console':
      return /^\$ npm /.test(text) ? undefined : () => checkTranscript(block)
    case 'json5':
      return () => checkConfig(text)
    case 'json':
      return () => void JSON.parse(text)
    case 'yaml':
      return () => void parse(text)
    default:
      return undefined
  }
}

function needs({ language }: Block): readonly string[] {
  if (language === 'python') return ['python3']
  return shells.has(language) || language === 'console' ? ['bash', 'curl', 'python3'] : []
}

async function checkTranscript(block: Block): Promise<void> {
  for (const [command = '', ...expected] of stepsOf(block.text)) {
    const ran: Ran = await stage.run({ ...block, language: 'sh', text: command }, stage.plain)
    const port = new URL(stage.plain.url).port
    const printed = `${ran.stdout}${ran.stderr}`.replaceAll(port, '18789').trim()
    assert.match(printed, patternOf(expected.join('\n')), `${block.place}: ${command}`)
  }
}

// Each command with the lines after it; a command goes on after a backslash.
function stepsOf(text: string): readonly (readonly string[])[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [, command = '', rest = ''] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(step) ?? []
      return [command, ...rest.trimEnd().split('\n')]
    })
}

function patternOf(expected: string): RegExp {
  const source = expected
    .trim()
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll(/\s+/g, '\\s+')
    .replaceAll('…', '[\\s\\S]*?')
    .replaceAll(/\d{4}-\d\d-\d\d/g, '\\d{4}-\\d\\d-\\d\\d')
  return new RegExp(`^${source}$`)
}

function checkConfig(text: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-docs-config-'))
  try {
    const file = join(folder, 'openclaw.json5')
    writeFileSync(file, text, { mode: 0o600 })
    for (const name of ['fullchain.pem', 'privkey.pem']) writeFileSync(join(folder, name), '')
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
    // Pages on a channel have its token in the environment.
    const env = Object.fromEntries(
      ['TELEGRAM_BOT_TOKEN', ...names].map((name) => [name, `value-of-${name}-${'0123456789'.repeat(3)}`]),
    )
    const { problems } = loadConfig({ configFlag: file, env, home: folder })
    assert.deepEqual(problems.map(formatProblem), [])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
