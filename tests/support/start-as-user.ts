import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const program = resolve(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')
const readyWithinMs = 60_000

/** A gateway that a person has started with a config file in the usual place. */
export interface UsersGateway extends AsyncDisposable {
  readonly url: string
  /** The user's home folder. */
  readonly home: string
  /** All that was printed so far. */
  output(): string
}

/** Writes `~/.config/openclaw/openclaw.json5` below a home of its own and starts `openclaw gateway` on a free port. */
export async function startAsUser(config: string): Promise<UsersGateway> {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-home-'))
  const file = join(home, '.config', 'openclaw', 'openclaw.json5')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, config, { mode: 0o600 })
  const child = spawn(process.execPath, [program, 'gateway', '--port', '0'], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, OLLAMA_HOST: '127.0.0.1:1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let printed = ''
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await closed
    await rm(home, { recursive: true, force: true })
  }
  try {
    const url = await new Promise<string>((ready, refuse) => {
      const read = (piece: Buffer): void => {
        printed += piece.toString()
        const address = /Address +(http:\/\/\S+)/.exec(printed)?.[1]
        if (address !== undefined) ready(address)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.on('close', () => refuse(new Error(`the gateway ended:\n${printed}`)))
      setTimeout(() => refuse(new Error(`not ready in time:\n${printed}`)), readyWithinMs).unref()
    })
    return { url, home, output: () => printed, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
