import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { configPath, statePaths } from '../config/paths.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { isTerminal, print, printError, printJson } from './output.ts'

/** Prints where the config file is read from, whether it is there or not. */
export function configPathCommand(options: JsonOptions): number {
  const env = environment()
  const home = homedir()
  const { file } = configPath({
    ...(options.config === undefined ? {} : { configFlag: options.config }),
    env,
    home,
  })
  const exists = existsSync(file)
  if (options.json === true) {
    printJson({ file, exists, ...statePaths({ env, home }) })
    return exitCodes.ok
  }
  print(file)
  if (!exists && isTerminal()) printError('There is no such file yet: everything has its default.')
  return exitCodes.ok
}
