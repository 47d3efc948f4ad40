import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')

/** Which folders of src a folder may import, beside itself. A red test is mended by moving code, never by editing this list. */
const directions: Readonly<Record<string, readonly string[]>> = {
  main: ['cli'],
  cli: ['gateway', 'open-state', 'config', 'domain'],
  // The second, smaller composition root: what a command needs beside a gateway that may run.
  'open-state': ['store', 'config', 'domain'],
  gateway: [
    'http',
    'store',
    'providers',
    'channels',
    'skills',
    'outgoing',
    'config',
    'logging',
    'schema',
    'domain',
  ],
  http: ['schema', 'domain'],
  store: ['domain'],
  providers: ['domain'],
  config: ['schema', 'domain'],
  logging: ['domain'],
  // The wire to chat platforms, and Markdown in their dialects.
  channels: ['domain'],
  // Folders with a SKILL.md.
  skills: ['domain'],
  // Calls to addresses that somebody else gave.
  outgoing: ['domain'],
  schema: [],
  domain: [],
}

interface Import {
  readonly from: string
  readonly target: string
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, 'src', file), 'utf8') }))

const imports: readonly Import[] = files.flatMap(({ file, text }) =>
  [...text.matchAll(/^(?:import|export|\}) (?:[^'"]*\bfrom )?'([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    (match) => ({
      from: file,
      target: match[1] ?? match[2] ?? '',
    }),
  ),
)

function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '')
}

function targetFile({ from, target }: Import): string {
  return relative(join(root, 'src'), resolve(root, 'src', from, '..', target))
}

test('the imports of every file are read', () => {
  assert.ok(files.length > 40)
  assert.ok(imports.length > files.length)
  for (const { from, target } of imports) {
    if (target.startsWith('.'))
      assert.ok(/\.(ts|json|js)$/.test(target), `${from} imports ${target} without an ending`)
  }
})

test('imports point downward only', () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .filter((line) => {
      const [from, to] = [roomOf(line.from), roomOf(targetFile(line))]
      return from !== to && !(directions[from] ?? []).includes(to) && !targetFile(line).startsWith('..')
    })
  assert.deepEqual(wrong, [])
})

test('nothing in src imports from outside of src but package.json', () => {
  const outside = imports
    .filter(({ target }) => target.startsWith('.'))
    .filter((line) => targetFile(line).startsWith('..'))
  assert.deepEqual(
    outside.filter(({ target }) => !target.endsWith('package.json')),
    [],
  )
})

test('the domain imports no package and no built-in module', () => {
  const foreign = imports.filter(({ from, target }) => roomOf(from) === 'domain' && !target.startsWith('.'))
  assert.deepEqual(foreign, [])
})

test('providers do not import one another', () => {
  const adapters = ['anthropic', 'openai', 'demo']
  const wrong = imports
    .filter(({ from, target }) => roomOf(from) === 'providers' && target.startsWith('.'))
    .filter((line) => {
      const [own, other] = [line.from.split('/')[1] ?? '', targetFile(line).split('/')[1] ?? '']
      return own !== other && adapters.includes(own) && adapters.includes(other)
    })
  assert.deepEqual(wrong, [])
})

for (const [pattern, rooms, what] of [
  [/\bprocess\.env\b/, ['config'], 'process.env is read in config alone'],
  [/\bconsole\.|process\.std(out|err)\b/, ['cli', 'main'], 'only the CLI writes to the terminal'],
  [/\bDate\.now\(|\bMath\.random\(/, ['gateway'], 'clock and randomness are handed in'],
] as const) {
  test(what, () => {
    const allowed: readonly string[] = rooms
    const wrong = files
      .filter(({ file, text }) => !allowed.includes(roomOf(file)) && pattern.test(text))
      .map(({ file }) => file)
    assert.deepEqual(
      wrong.filter((file) => !(what.startsWith('clock') && !file.startsWith('domain'))),
      [],
    )
  })
}

test('no file exports a default or re-exports a folder, but the adapter lists', () => {
  const wrong = files
    .filter(({ text }) => /\nexport default |\nexport \* /.test(text))
    .map(({ file }) => file)
  assert.deepEqual(wrong, [])
})
