import { isAbsolute, join, resolve } from 'node:path'
import type { Env } from './environment.ts'

/** Where the config file is, and whether somebody named it. A file that was named must exist. */
export interface ConfigPath {
  readonly file: string
  readonly named: boolean
}

/** Where the gateway keeps what it writes. Absolute paths. */
export interface StatePaths {
  readonly stateDir: string
  readonly databaseFile: string
  readonly logFile: string
}

/** Returns the path of the config file: `--config`, else `OPENCLAW_CONFIG`, else `openclaw/openclaw.json5` in the XDG config folder. */
export function configPath(options: {
  readonly configFlag?: string
  readonly env: Env
  readonly home: string
}): ConfigPath {
  const named = options.configFlag ?? nonEmpty(options.env.OPENCLAW_CONFIG)
  if (named !== undefined) return { file: resolve(named), named: true }
  const folder = xdgFolder(options.env.XDG_CONFIG_HOME) ?? join(options.home, '.config')
  return { file: join(folder, 'openclaw', 'openclaw.json5'), named: false }
}

/** Returns where state is kept: `OPENCLAW_STATE_DIR`, else `openclaw` in the XDG state folder. */
export function statePaths(options: { readonly env: Env; readonly home: string }): StatePaths {
  const named = nonEmpty(options.env.OPENCLAW_STATE_DIR)
  const stateDir =
    named === undefined
      ? join(xdgFolder(options.env.XDG_STATE_HOME) ?? join(options.home, '.local', 'state'), 'openclaw')
      : resolve(named)
  return {
    stateDir,
    databaseFile: join(stateDir, 'openclaw.db'),
    logFile: join(stateDir, 'logs', 'gateway.log'),
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

// The XDG Base Directory Specification has relative paths ignored.
function xdgFolder(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined
}
