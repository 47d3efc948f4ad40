import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export const bin: string = join(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')
const timeoutMs = 90_000

// One cache for all commands of a test file halves their time.
const compileCache = mkdtempSync(join(tmpdir(), 'openclaw-compile-cache-'))
process.once('exit', () => rmSync(compileCache, { recursive: true }))

/** What a command did. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A user's home folder, with nothing in it. */
export interface Home {
  readonly folder: string
  readonly databaseFile: string
  readonly configFile: string
  readonly env: Readonly<Record<string, string>>
  /** Runs `openclaw` for this user. */
  run(...args: readonly string[]): Promise<Outcome>
  writeConfig(text: string): void
  [Symbol.dispose](): void
}

/** Makes a user's home folder, which is removed at the end of its scope. */
export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-cli-'))
  const configFile = join(folder, 'config', 'openclaw', 'openclaw.json5')
  const env = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    NODE_COMPILE_CACHE: compileCache,
  }
  return {
    folder,
    databaseFile: join(folder, 'state', 'openclaw', 'openclaw.db'),
    configFile,
    env,
    run: (...args) => runNode([bin, ...args], env),
    writeConfig(content) {
      mkdirSync(join(configFile, '..'), { recursive: true })
      writeFileSync(configFile, content, { mode: 0o600 })
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** Runs this Node with arguments and nothing but `env`, in the folder that holds the temporary ones. */
export async function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    env,
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}
