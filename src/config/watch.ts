import { createHash } from 'node:crypto'
import { type FSWatcher, readFileSync, statSync, unwatchFile, watch, watchFile } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ConfigError, formatProblem } from './problem.ts'
import { fileBytesMax } from './read-file.ts'

/** What is done with a config file that changes. */
export interface WatchConfig<T> {
  /** Absolute path; its folder is watched, since editors replace files. */
  readonly file: string
  /** From {@link fingerprint}, taken before the file was loaded, so that a change in between counts. */
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
// A file that is written without a pause is looked at all the same.
const settleMsMax = 2_000
// Between the moment when an editor moves the old file away and that when the new one stands there.
const missingMs = 1_000
const pollMs = 2_000
const missing = 'missing'

/** Watches the config file until it is disposed. A file that is half written, or gone for a moment, is read when it is whole. */
export function watchConfig<T>(options: WatchConfig<T>): Disposable {
  const { file, onChange, onProblem } = options
  let known = options.baseline
  let timer: ReturnType<typeof setTimeout> | undefined
  let firstEventAt = 0
  const look = (isSettled: boolean): void => {
    timer = undefined
    const now = fingerprint(file)
    if (now === known) return
    if (now === missing && !isSettled) {
      timer = setTimeout(look, missingMs, true)
      return
    }
    known = now
    try {
      if (now === missing) onProblem([`${file}  the file is gone; the last config stays.`])
      else onChange(options.load())
    } catch (error) {
      onProblem(linesOf(error))
    }
  }
  const soon = (): void => {
    if (timer === undefined) firstEventAt = performance.now()
    const waitMs = Math.min(settleMs, firstEventAt + settleMsMax - performance.now())
    clearTimeout(timer)
    timer = setTimeout(look, Math.max(0, waitMs), false)
  }
  const name = basename(file)
  const watcher = watchFolder(dirname(file), (changed) => {
    if (changed === null || changed === name) soon()
  })
  // Events alone miss a link whose target changes, a folder that is made later, and disks of other machines.
  watchFile(file, { interval: pollMs, persistent: false }, soon)
  // What changed between the loading and the watching.
  soon()
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      unwatchFile(file, soon)
      watcher?.close()
    },
  }
}

/** Returns what tells one text of a file from another: its SHA-256, or why it is not read. A pipe is not read: that would empty it. */
export function fingerprint(file: string): string {
  try {
    const entry = statSync(file)
    if (!entry.isFile()) return 'no file'
    if (entry.size > fileBytesMax) return `${entry.size} bytes of ${entry.mtimeMs}`
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return code === 'ENOENT' || code === 'ENOTDIR' ? missing : code
  }
}

function linesOf(error: unknown): readonly string[] {
  if (!(error instanceof ConfigError)) return [error instanceof Error ? error.message : String(error)]
  return error.problems.filter((problem) => problem.severity === 'error').map(formatProblem)
}

// A folder that is not there yet, as before the first config file, is left to the poll.
function watchFolder(folder: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_type, name) => onEvent(name))
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
