import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { ConfigError, formatProblem, type Problem } from '../config/problem.ts'
import { exitCodes } from './exit-codes.ts'
import type { GlobalOptions, JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'

/** Checks the config file and prints every problem, one a line, on stderr. */
export function configValidate(options: JsonOptions): number {
  const { loaded, problems } = load(options)
  const valid = loaded !== undefined
  if (options.json === true) {
    printJson({ valid, file: loaded?.file ?? problems[0]?.file ?? null, problems })
    return valid ? exitCodes.ok : exitCodes.failure
  }
  for (const problem of problems) printError(formatProblem(problem))
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const warnings = count(problems.length - errors, 'warning')
  if (!valid) printError(`${count(errors, 'error')}, ${warnings}.`)
  else if (loaded.file === null) print('There is no config file: everything has its default.')
  else print(`${loaded.file} is valid${problems.length === 0 ? '' : `, with ${warnings}`}.`)
  return valid ? exitCodes.ok : exitCodes.failure
}

function load(options: GlobalOptions): { loaded?: LoadedConfig; problems: readonly Problem[] } {
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  try {
    const loaded = loadConfig({ ...configFlag, env: environment(), home: homedir() })
    return { loaded, problems: loaded.problems }
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems }
    throw error
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
