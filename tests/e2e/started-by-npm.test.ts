import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'

const root = resolve(import.meta.dirname, '..', '..')
const startMs = 90_000

test('SIGTERM to npm start stops the gateway cleanly, and npm says how it went', async () => {
  await using stack = new AsyncDisposableStack()
  const started = await start(stack, 'npm', ['start', '--silent', '--', '--port', '0'])
  started.child.kill('SIGTERM')
  const [code] = await started.exited
  assert.equal(code, 0)
  await started.stopped()
})

// As npx does it: a shell between it and us, which is ended by the signal and passes nothing on.
test('a gateway that npx has started stops when npx is ended', async () => {
  await using stack = new AsyncDisposableStack()
  const line = `'${process.execPath}' '${join(root, 'bin', 'openclaw.js')}' gateway --port 0; exit $?`
  const started = await start(stack, 'sh', ['-c', line], { npm_command: 'exec' })
  started.child.kill('SIGTERM')
  await started.stopped()
  assert.match(started.output(), /npx was ended: finishing what runs/)
})

test('a gateway that anything else has started goes on without it', async () => {
  await using stack = new AsyncDisposableStack()
  const line = `'${process.execPath}' '${join(root, 'bin', 'openclaw.js')}' gateway --port 0 & echo pid $!; wait; exit 0`
  const started = await start(stack, 'sh', ['-c', line])
  started.child.kill('SIGTERM')
  await started.exited
  const url = /Address +(\S+)/.exec(started.output())?.[1]
  // Longer than it would take to notice.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  assert.equal((await fetch(`${url}/health`)).status, 200)
  process.kill(Number(/pid (\d+)/.exec(started.output())?.[1]), 'SIGTERM')
  await started.stopped()
})

interface Started {
  readonly child: ChildProcess
  readonly exited: Promise<readonly unknown[]>
  output(): string
  /** Waits until the gateway has put everything away. */
  stopped(): Promise<void>
}

// Whatever becomes of the test, the whole group of processes ends with the stack.
async function start(
  stack: AsyncDisposableStack,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-npm-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: home,
      OPENCLAW_STATE_DIR: join(home, 'state'),
      OLLAMA_HOST: '127.0.0.1:1',
      npm_config_update_notifier: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  stack.defer(() => endGroup(child.pid))
  const exited = once(child, 'exit')
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text += String(piece)
    })
  }
  await eventually(
    'the gateway',
    () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${text}`)
      return text.includes('Address') || undefined
    },
    startMs,
  )
  const lock = join(home, 'state', 'gateway.lock.pid')
  assert.ok(existsSync(lock))
  return {
    child,
    exited,
    output: () => text,
    stopped: async () => {
      await eventually('the end of the gateway', () => !existsSync(lock) || undefined, startMs)
      await eventually('its last word', () => text.includes('Stopped.') || undefined, startMs)
    },
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // Nobody of it is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
