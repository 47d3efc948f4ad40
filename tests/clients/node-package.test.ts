import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { runProgram } from '../support/run-program.ts'

const root = resolve(import.meta.dirname, '..', '..')
const source = join(root, 'clients', 'node')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const stack = new AsyncDisposableStack()
let folder: string
let installed: string

// Packing builds, and building writes beside the sources: so a copy is packed.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openclaw-node-package-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const copy = join(folder, 'clients', 'node')
  await cp(source, copy, { recursive: true, filter: (file) => !file.endsWith('dist') })
  await cp(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'))
  const built = await runProgram(process.execPath, [tsc, '-p', copy])
  assert.equal(built.code, 0, built.stdout)
  const args = ['pack', copy, '--ignore-scripts', '--silent', '--pack-destination', folder]
  const packed = await runProgram('npm', args)
  assert.equal(packed.code, 0, packed.stderr)
  installed = join(folder, 'node_modules', 'openclaw-client')
  await mkdir(installed, { recursive: true })
  const tarball = join(folder, packed.stdout.trim())
  assert.equal((await runProgram('tar', ['xzf', tarball, '-C', installed, '--strip', '1'])).code, 0)
})
after(() => stack.disposeAsync())

test('the package holds what it is made of, its types and its page, and nothing more', async () => {
  const { stdout } = await runProgram('sh', ['-c', `cd '${installed}' && find . -type f | sort`])
  const sources = await runProgram('sh', ['-c', `cd '${join(source, 'src')}' && ls`])
  const modules = sources.stdout.trim().split('\n')
  const built = modules.flatMap((file) => ['.d.ts', '.js'].map((end) => `./dist/${file.replace('.ts', end)}`))
  assert.deepEqual(
    stdout.trim().split('\n').sort(),
    ['./README.md', './index.d.cts', './package.json', ...built].sort(),
  )
})

test('require gives the class, which has every other export as a property', async () => {
  const script = `
    const OpenClawClient = require('openclaw-client')
    const { verifyWebhook, RateLimitError } = OpenClawClient
    import('openclaw-client').then((module) => {
      const { default: itself, 'module.exports': same, ...named } = module
      const lacking = Object.keys(named).filter((name) => OpenClawClient[name] !== named[name])
      console.log(itself === OpenClawClient, same === OpenClawClient, Object.keys(named).length > 15, lacking)
      console.log(typeof verifyWebhook, new RateLimitError('m', 429, {}, new Headers()).name)
    })`
  await writeFile(join(folder, 'use.cjs'), script)
  const ran = await runProgram(process.execPath, [join(folder, 'use.cjs')])
  assert.equal(ran.stdout, 'true true true []\nfunction RateLimitError\n', ran.stderr)
})

const asked = `
const client: OpenClawClient = new OpenClawClient('http://localhost:1', 'x')
export async function ask(options: ChatOptions): Promise<ChatReply | number | undefined> {
  try {
    const event: unknown = await verifyWebhook('x', {}, 's')
    return event === undefined ? undefined : await client.chat('x', options)
  } catch (error) {
    return error instanceof RateLimitError ? error.retryAfter : undefined
  }
}`
const programs = {
  'required.cts': `import OpenClawClient = require('openclaw-client')
const { verifyWebhook, RateLimitError } = OpenClawClient
type ChatOptions = OpenClawClient.ChatOptions
type ChatReply = OpenClawClient.ChatReply
// @ts-expect-error There is no such thing.
OpenClawClient.nothing
${asked}`,
  'named.cts': `import { type ChatOptions, type ChatReply, OpenClawClient, RateLimitError, verifyWebhook } from 'openclaw-client'
${asked}`,
  'imported.mts': `import OpenClawClient, { type ChatOptions, type ChatReply, RateLimitError, verifyWebhook } from 'openclaw-client'
${asked}`,
  // What the class has is what the module exports.
  'whole.mts': `import type * as esm from 'openclaw-client'
import type cjs from 'openclaw-client' with { 'resolution-mode': 'require' }
export type Lacking = Exclude<keyof typeof esm, keyof typeof cjs | 'default' | 'module.exports'>
export const none: [Lacking] extends [never] ? true : Lacking = true`,
}

for (const module of ['node16', 'nodenext']) {
  test(`TypeScript with module ${module} understands require and import alike`, async () => {
    const files = await Promise.all(
      Object.entries(programs).map(async ([name, text]) => {
        await writeFile(join(folder, name), text)
        return join(folder, name)
      }),
    )
    const lib = ['--lib', 'es2023,dom,dom.iterable,dom.asynciterable', '--target', 'es2022', '--types', '']
    const strict = ['--noEmit', '--ignoreConfig', '--strict', '--skipLibCheck', 'false', '--module', module]
    const ran = await runProgram(process.execPath, [tsc, ...strict, ...lib, ...files])
    assert.equal(ran.code, 0, ran.stdout)
  })
}

test('every exported type has its name in what require gives', async () => {
  const declared = await readFile(join(source, 'index.d.cts'), 'utf8')
  const types = await readFile(join(source, 'src', 'api-types.ts'), 'utf8')
  for (const [, name] of types.matchAll(/^export type (\w+)/gm)) {
    assert.match(declared, new RegExp(`type ${name} = esm\\.${name}\\n`), name)
  }
})
