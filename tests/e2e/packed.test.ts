import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { at, listAt } from '../support/json.ts'
import { type Ran, runProgram } from '../support/run-program.ts'

const root = resolve(import.meta.dirname, '..', '..')
const stack = new AsyncDisposableStack()
const path = [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter)
let folder: string
let clone: string

// Packing builds, and building writes beside the sources: so a copy of the clone is packed.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openclaw-packed-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  clone = join(folder, 'clone')
  const left = new Set(['node_modules', 'dist', '.git', 'bench', 'tests', '__pycache__', 'build'])
  cpSync(root, clone, { recursive: true, filter: (file) => file === root || !left.has(basename(file)) })
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
})
after(() => stack.disposeAsync())

test('the packed gateway installs into an empty folder and runs there, with its pages and its skills', async (t) => {
  const tarball = await pack(clone)
  const home = join(folder, 'home')
  await mkdir(home)
  const installed = await npm(
    home,
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    tarball,
  )
  if (installed.code !== 0 && isUnreachable(installed)) return t.skip('the registry of npm cannot be reached')
  assert.equal(installed.code, 0, installed.stderr)
  const modules = join(home, 'node_modules')
  const { version }: { version?: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const packages = Object.keys(lockOf(modules)).length
  t.diagnostic(`${packages} packages, ${(bytesIn(modules) / 1e6).toFixed(1)} MB`)

  const run = (...args: readonly string[]): Promise<Ran> =>
    runProgram(join(modules, '.bin', 'openclaw'), args, {
      PATH: path,
      HOME: home,
      OLLAMA_HOST: '127.0.0.1:1',
    })
  assert.equal((await run('--version')).stdout.trim(), version)
  await run('--help')
  const startedAt = performance.now()
  assert.match((await run('--help')).stdout, /Usage: openclaw/)
  t.diagnostic(`openclaw --help, warm: ${Math.round(performance.now() - startedAt)} ms`)

  const skills: unknown = JSON.parse((await run('skills', 'list', '--json')).stdout)
  assert.ok(listAt(skills, 'data').some((skill) => at(skill, 'name') === 'ticket-first-reply'))

  const gateway = spawn(join(modules, '.bin', 'openclaw'), ['gateway', '--port', '0'], {
    cwd: home,
    env: { PATH: path, HOME: home, OLLAMA_HOST: '127.0.0.1:1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(gateway, 'close')
  try {
    let printed = ''
    gateway.stdout.on('data', (chunk) => {
      printed += String(chunk)
    })
    const url = await eventually('the address', () => /Address +(http:\S+)/.exec(printed)?.[1], 20_000)
    assert.equal(at(await (await fetch(`${url}/health`)).json(), 'status'), 'ok')
    for (const name of ['getting-started', 'errors', 'config'])
      assert.equal((await fetch(`${url}/docs/${name}`)).status, 200, name)
  } finally {
    gateway.kill('SIGTERM')
  }
  assert.deepEqual(await closed, [0, null])
})

test('what is packed holds no tests and nothing of this machine', async () => {
  const { stdout } = await npm(clone, 'pack', '--dry-run', '--json', '--ignore-scripts')
  const [packed]: readonly unknown[] = JSON.parse(stdout)
  const names = listAt(packed, 'files').map((file) => String(at(file, 'path')))
  assert.deepEqual(
    names.filter(
      (name) =>
        !/^(?:bin|dist|skills|docs|deploy)\/|^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(name),
    ),
    [],
  )
  assert.deepEqual(
    names.filter((name) => /\.test\.|fixtures|\.log$|\.db$/.test(name)),
    [],
  )
  for (const name of ['docs/getting-started.md', 'deploy/openclaw.service', 'deploy/nginx.conf'])
    assert.ok(names.includes(name), name)
})

test('the packed Node client is a class for require, and the same for import', async () => {
  const tarball = await pack(join(clone, 'clients', 'node'))
  const project = join(folder, 'project')
  await mkdir(project)
  const installed = await npm(project, 'install', '--offline', '--no-audit', '--no-fund', tarball)
  assert.equal(installed.code, 0, installed.stderr)
  const script = `
    const OpenClawClient = require('openclaw-client')
    const client = new OpenClawClient('http://127.0.0.1:1', 'oc_tok_x')
    import('openclaw-client').then((module) => {
      const isSame = module.OpenClawClient === OpenClawClient && module.default === OpenClawClient
      console.log(typeof client.chat, typeof module.verifyWebhook, isSame)
    })`
  const ran = await runIn(project, process.execPath, ['-e', script])
  assert.equal(ran.stdout.trim(), 'function function true', ran.stderr)
  const types = readFileSync(join(project, 'node_modules', 'openclaw-client', 'dist', 'index.d.ts'), 'utf8')
  assert.match(types, /OpenClawClient/)
})

test('the wheel of the Python client holds the package and its types', async (t) => {
  const out = join(folder, 'wheels')
  const source = join(clone, 'clients', 'python')
  const built = await runProgram('python3', [
    '-m',
    'pip',
    'wheel',
    '--quiet',
    '--no-deps',
    '--disable-pip-version-check',
    '--retries',
    '1',
    '-w',
    out,
    source,
  ]).catch(() => undefined)
  if (built === undefined) return t.skip('there is no python3 on this machine')
  if (built.code !== 0 && /No module named pip/.test(built.stderr))
    return t.skip('there is no pip on this machine')
  if (built.code !== 0 && isUnreachable(built)) return t.skip('the registry of pip cannot be reached')
  assert.equal(built.code, 0, built.stderr)
  const [wheel = ''] = readdirSync(out)
  assert.match(wheel, /^openclaw_client-[\d.]+-py3-none-any\.whl$/)
  const code = `
import sys, zipfile
sys.path.insert(0, sys.argv[1])
import openclaw_client
names = zipfile.ZipFile(sys.argv[1]).namelist()
print(openclaw_client.__file__.startswith(sys.argv[1]), "openclaw_client/py.typed" in names, openclaw_client.OpenClawClient)`
  const ran = await runIn(folder, 'python3', ['-c', code, join(out, wheel)])
  assert.match(ran.stdout, /^True True <class/, ran.stderr)
})

async function pack(source: string): Promise<string> {
  const { code, stdout, stderr } = await npm(source, 'pack', '--silent', '--pack-destination', folder)
  assert.equal(code, 0, stderr)
  return join(folder, stdout.trim().split('\n').at(-1) ?? '')
}

function npm(cwd: string, ...args: readonly string[]): Promise<Ran> {
  return runIn(cwd, 'npm', args)
}

function runIn(cwd: string, command: string, args: readonly string[]): Promise<Ran> {
  return runProgram('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd, command, ...args])
}

function isUnreachable({ stdout, stderr }: Ran): boolean {
  return /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|No matching distribution|Connection refused|Temporary failure/.test(
    `${stdout}${stderr}`,
  )
}

function lockOf(modules: string): object {
  const lock: unknown = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
  const packages = at(lock, 'packages')
  assert.ok(typeof packages === 'object' && packages !== null)
  return packages
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
