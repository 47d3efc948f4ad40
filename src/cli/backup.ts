import { chmodSync, copyFileSync, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { environment } from '../config/environment.ts'
import { configPath } from '../config/paths.ts'
import { backupState, restoreState } from '../open-state.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { configWithoutFile, noConfigFile } from './load-config.ts'
import { print, printAdvice, printError, printJson } from './output.ts'

/** Options of `openclaw backup`. */
export interface BackupOptions extends JsonOptions {
  readonly restore?: boolean
}

/** Copies the data of a gateway, also of one that runs, into a folder; or puts such a copy back in its place. */
export async function backupCommand(folder: string, options: BackupOptions): Promise<number> {
  // Where the data is does not stand in the config.
  const loaded = configWithoutFile()
  const target = resolve(folder)
  if (options.restore === true) {
    const aside = restoreState(loaded, target)
    if (options.json === true) printJson({ restored: target, stateDir: loaded.paths.stateDir, aside })
    else {
      print(`${target} is in place in ${loaded.paths.stateDir}.`)
      if (aside !== undefined) print(`What was there is in ${aside}.`)
      printAdvice('The config file is not touched. Start the gateway: openclaw gateway')
    }
    return exitCodes.ok
  }
  const file = configFileOf(options)
  const isWatched = process.stderr.isTTY === true
  const files = await backupState(loaded, target, (done, total) => {
    if (isWatched) process.stderr.write(`\r${done} of ${total} pages`)
  })
  if (isWatched) process.stderr.write('\r')
  const all = [...files]
  // As it stands: what it refers to need not be set here.
  if (file !== undefined) {
    const copy = join(target, 'openclaw.json5')
    copyFileSync(file, copy)
    chmodSync(copy, 0o600)
    all.push('openclaw.json5')
  }
  if (options.json === true) printJson({ folder: target, files: all })
  else {
    print(`${target} holds ${all.join(', ')}.`)
    printError(
      'It holds what was said and keys: keep it as safe as the gateway itself. Secrets in environment variables are not in it.',
    )
  }
  return exitCodes.ok
}

function configFileOf(options: BackupOptions): string | undefined {
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  const { file, named } = configPath({ ...configFlag, env: environment(), home: homedir() })
  if (existsSync(file)) return file
  if (named) throw noConfigFile(file, options)
  return undefined
}
