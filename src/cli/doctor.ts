import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig, type LoadedConfig, loadConfig } from '../config/load.ts'
import { ConfigError, type Problem } from '../config/problem.ts'
import { inspectState } from '../open-state.ts'
import { checkConfig } from './doctor-config.ts'
import { checkDisk, checkPermissions } from './doctor-files.ts'
import { checkModels } from './doctor-models.ts'
import { type DoctorRow, well } from './doctor-row.ts'
import { checkClock, checkDatabase, checkRunning } from './doctor-state.ts'
import { checkTokens } from './doctor-tokens.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printJson } from './output.ts'
import { asCalled } from './program-name.ts'

/** Looks at everything that a gateway needs and changes nothing. Resolves to 1 where something is wrong, else to 0. */
export async function doctorCommand(options: JsonOptions): Promise<number> {
  const { loaded, problems } = load(options)
  const state = await inspectState(loaded)
  const now = Date.now()
  const found = [
    well('node', `Node.js ${process.versions.node}.`),
    ...checkConfig(loaded, problems, state.gatewayPid !== undefined),
    ...checkPermissions(loaded),
    ...checkTokens(loaded, state.store, now),
    ...checkClock(state.store, now),
    ...checkDisk(loaded.paths.stateDir),
    ...checkDatabase(loaded, state.store),
    ...(await checkRunning(loaded, state.gatewayPid)),
    ...(await checkModels(loaded)),
  ]
  const rows = found.map(({ remedy, ...row }) => ({
    ...row,
    remedy: remedy === null ? null : asCalled(remedy),
  }))
  if (options.json === true) printJson({ data: rows })
  else show(rows)
  return rows.some(({ status }) => status === 'error') ? exitCodes.failure : exitCodes.ok
}

// What a broken file says is not known; the rest is looked at all the same.
function load(options: JsonOptions): { loaded: LoadedConfig; problems: readonly Problem[] } {
  const env = environment()
  const home = homedir()
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  try {
    const loaded = loadConfig({ ...configFlag, env, home, mayLackVariables: true })
    return { loaded, problems: loaded.problems }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { loaded: defaultConfig({ env, home }), problems: error.problems }
  }
}

function show(rows: readonly DoctorRow[]): void {
  const width = Math.max(...rows.map(({ check }) => check.length))
  for (const { check, status, sentence, remedy } of rows) {
    print(`${status.padEnd(7)}  ${check.padEnd(width)}  ${sentence}`)
    if (remedy !== null) print(`${' '.repeat(width + 11)}$ ${remedy}`)
  }
  const errors = rows.filter(({ status }) => status === 'error').length
  const warnings = rows.filter(({ status }) => status === 'warning').length
  print(
    errors + warnings === 0 ? 'All is well.' : `${count(errors, 'error')}, ${count(warnings, 'warning')}.`,
  )
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
