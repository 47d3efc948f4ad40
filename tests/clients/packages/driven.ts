import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { runProgram } from '../../support/run-program.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')

/** A client of one language that obeys orders. */
export interface Driven {
  readonly name: string
  order(what: Readonly<Record<string, unknown>>): Promise<unknown>
}

/** The clients that this machine can run, and why others are missing. */
export interface AllDriven {
  readonly clients: readonly Driven[]
  readonly missing: readonly string[]
}

/** Registers a test that each client passes. */
export type ForEachClient = (name: string, run: (client: Driven) => Promise<void>) => void

/** Builds and starts the clients, as a user of the packages has them; they end with the stack. */
export async function startClients(
  stack: AsyncDisposableStack,
  url: string,
  token: string,
): Promise<AllDriven> {
  const env = { OPENCLAW_TOKEN: token, PYTHONDONTWRITEBYTECODE: '1' }
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-packages-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const drivers = import.meta.dirname
  const module = await buildNodeClient(folder)
  const node = drive(stack, 'node', process.execPath, [join(drivers, 'drive-package.mjs'), module, url], env)
  const python = await pythonIn(folder)
  if (python === undefined)
    return { clients: [node], missing: ['there is no python3 with venv on this machine'] }
  const script = join(drivers, 'drive_package.py')
  const paths = { ...env, PYTHONPATH: join(root, 'clients', 'python', 'src') }
  const plain = drive(stack, 'python', python, [script, url, 'plain'], paths)
  const quietly = ['--quiet', '--no-cache-dir', '--disable-pip-version-check', '--retries', '1']
  const httpx = await runProgram(python, ['-m', 'pip', 'install', ...quietly, 'httpx', 'requests'])
  if (httpx.code !== 0) return { clients: [node, plain], missing: ['pip cannot reach its registry'] }
  return {
    clients: [node, plain, drive(stack, 'python async', python, [script, url, 'async'], paths)],
    missing: [],
  }
}

/** The name that a client has for an error of no further kind. */
export function apiErrorName({ name }: Driven): string {
  return name === 'node' ? 'ApiError' : 'APIError'
}

async function buildNodeClient(folder: string): Promise<string> {
  const out = join(folder, 'node')
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const project = join(root, 'clients', 'node')
  const built = await runProgram(process.execPath, [tsc, '-p', project, '--outDir', out])
  assert.equal(built.code, 0, built.stdout)
  await symlink(join(project, 'package.json'), join(out, 'package.json'))
  return join(out, 'index.js')
}

async function pythonIn(folder: string): Promise<string | undefined> {
  const environment = join(folder, 'python')
  const made = await runProgram('python3', ['-m', 'venv', environment]).catch(() => undefined)
  return made?.code === 0 ? join(environment, 'bin', 'python') : undefined
}

function drive(
  stack: AsyncDisposableStack,
  name: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Driven {
  const child: ChildProcess = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { stdin, stdout } = child
  assert.ok(stdin && stdout)
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  stack.defer(async () => {
    stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  return {
    name,
    async order(what) {
      stdin.write(`${JSON.stringify(what)}\n`)
      const { value, done } = await lines.next()
      assert.ok(done !== true, `${name} ended`)
      return JSON.parse(String(value))
    },
  }
}
