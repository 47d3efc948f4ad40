import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { environment } from '../config/environment.ts'
import { statePaths } from '../config/paths.ts'
import { ConfigError } from '../config/problem.ts'
import type { LogFields, LogLevel } from '../domain/log.ts'
import { logLine, visibleJson } from '../domain/log-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { GlobalOptions } from './grammar.ts'
import { loadBeside, requireSet } from './load-config.ts'
import { LogTail } from './logs-tail.ts'
import { hasReaderLeft, print, printError } from './output.ts'
import { UsageError } from './usage-error.ts'

/** What to show of the log. */
export interface LogsOptions {
  readonly follow?: boolean
  /** `1h`, `30m`, `2d`, or an ISO 8601 time. */
  readonly since?: string
  /** The least severity. */
  readonly level?: string
  /** `404`, or a class such as `4xx`. */
  readonly status?: string
  /** A token's name. */
  readonly token?: string
  readonly json?: boolean
}

const pollMs = 250
const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Prints the log, oldest line first, older files included; with `follow` it goes on until it is interrupted or its reader leaves. */
export async function logsCommand(options: GlobalOptions & LogsOptions): Promise<number> {
  const isWanted = filterOf(options, Date.now())
  const file = logFile(options)
  if (!existsSync(file) && !existsSync(`${file}.1`)) {
    printError(`There is no log yet at ${file}. It begins when the gateway starts.`)
    if (!options.follow) return exitCodes.notFound
  }
  const show = (text: string): void => {
    const line = parse(text)
    if (line && isWanted(line)) print(options.json ? visibleJson(text) : readable(line))
  }
  using tail = new LogTail(file)
  await tail.read(show, hasReaderLeft)
  while (options.follow && !hasReaderLeft()) {
    await sleep(pollMs)
    await tail.read(show, hasReaderLeft)
  }
  return exitCodes.ok
}

// A config that cannot be says nothing of where the log is; then it is where it is by default.
function logFile(options: GlobalOptions): string {
  try {
    const loaded = loadBeside(options)
    requireSet(loaded, ['logging.file'])
    return loaded.config.logging.file ?? loaded.paths.logFile
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return statePaths({ env: environment(), home: homedir() }).logFile
  }
}

interface Line {
  readonly at: string
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

// A line that a crash cut in half is passed over.
function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { at, level, message, ...fields } = Object.fromEntries(Object.entries(value))
    if (typeof message !== 'string' || !isLevel(level)) return undefined
    return { at: typeof at === 'string' ? at : '', level, message, fields }
  } catch {
    return undefined
  }
}

function isLevel(value: unknown): value is LogLevel {
  return typeof value === 'string' && value in severity
}

function readable({ at, level, message, fields }: Line): string {
  return logLine(at, level, message, fields)
}

function filterOf(options: LogsOptions, now: number): (line: Line) => boolean {
  const since = options.since === undefined ? '' : new Date(sinceOf(options.since, now)).toISOString()
  const least = severity[levelOf(options.level ?? 'debug')]
  const status = options.status === undefined ? undefined : statusPattern(options.status)
  return ({ at, level, fields }) =>
    at >= since &&
    severity[level] >= least &&
    (status === undefined || status.test(String(fields.status))) &&
    (options.token === undefined || fields.token === options.token)
}

function sinceOf(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const factor = unitMs[unit ?? '']
  // Date.parse alone takes nearly anything: "5" for a day in May 2001.
  const isDate = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text)
  const at = factor === undefined ? (isDate ? Date.parse(text) : Number.NaN) : now - Number(amount) * factor
  if (Number.isNaN(at)) throw wrong('--since', text, '30m, 1h, 2d or a time such as 2026-04-09T10:30:00Z')
  return at
}

function levelOf(text: string): LogLevel {
  if (!isLevel(text)) throw wrong('--level', text, 'debug, info, warn or error')
  return text
}

function statusPattern(text: string): RegExp {
  if (!/^[1-5](\d\d|xx)$/i.test(text))
    throw wrong('--status', text, 'a status such as 404, or a class such as 4xx')
  return new RegExp(`^${text.toLowerCase().replace('xx', '\\d\\d')}$`)
}

function wrong(option: string, found: string, expected: string): UsageError {
  return new UsageError(
    `${option} is ${JSON.stringify(found)}; expected ${expected}.`,
    'openclaw logs --since 1h --status 5xx',
  )
}
