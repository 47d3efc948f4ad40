import { createHash } from 'node:crypto'
import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ConfigError, formatProblem } from './problem.ts'

/** What is done with a config file that changes. */
export interface WatchConfig<T> {
  /** Absolute path; its folder is watched, since editors replace files. */
  readonly file: string
  /** SHA-256 of the file's text before it was loaded, from {@link fingerprint}, so that a change in between counts. */
  readonly baseline: string
  /** Loads the file anew. Throws `ConfigError`. */
  readonly load: () => T
  /** Told of each valid change. */
  readonly onChange: (loaded: T) => void
  /** Told of a file that cannot be: one line a problem. The last good config stays. */
  readonly onProblem: (lines: readonly string[]) => void
}

// Editors write in several steps; a file that is still wrong after this time is meant.
const settleMs = 150
const missing = 'missing'

/** Watches the config file until it is disposed. A file that is half written is read again when it is whole. */
export function watchConfig<T>(options: WatchConfig<T>): Disposable {
  let known = options.baseline
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    timer = undefined
    const now = fingerprint(options.file)
    if (now === known) return
    known = now
    try {
      options.onChange(options.load())
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      options.onProblem(error.problems.filter((problem) => problem.severity === 'error').map(formatProblem))
    }
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(look, settleMs)
  }
  const name = basename(options.file)
  const watcher = watchFolder(dirname(options.file), (changed) => {
    if (changed === null || changed === name) soon()
  })
  // What changed between the loading and the watching.
  soon()
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher?.close()
    },
  }
}

/** Returns what tells one text of a file from another. */
export function fingerprint(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return missing
  }
}

// A folder that is not there yet, as before the first config file, is not watched: the next start finds it.
function watchFolder(folder: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_type, name) => onEvent(name))
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
