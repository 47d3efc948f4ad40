import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Env } from '../../src/config/environment.ts'
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts'
import { ConfigError, formatProblem, type Problem } from '../../src/config/problem.ts'

/** Runs `use` with a new folder, and removes that. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-config-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Loads a text as a config file that only its owner can read. */
export function loadText(text: string | Buffer, env: Env = {}): LoadedConfig {
  return withFolder((folder) => {
    const file = join(folder, 'openclaw.json5')
    writeFileSync(file, text, { mode: 0o600 })
    return loadConfig({ configFlag: file, env, home: '/home/someone' })
  })
}

/** Returns every problem of a text, as it is or as one line. */
export function problemsOf(text: string | Buffer, env: Env = {}): readonly Problem[] {
  try {
    return loadText(text, env).problems
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** Returns every problem of a text as it is printed. */
export function linesOf(text: string | Buffer, env: Env = {}): readonly string[] {
  return problemsOf(text, env).map(formatProblem)
}
