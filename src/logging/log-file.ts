import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const flushAfterMs = 100
const bufferCharactersMax = 1024 * 1024
const fileBytesMax = 16 * 1024 * 1024
const filesKept = 5

/**
 * Appends lines to a file of mode 0600, in batches, each at the latest 100 ms after it came. A file of 16 MiB becomes `<file>.1`, the one
 * before it `.2`, up to `.5`. A file that somebody else moves away is made anew.
 */
export class LogFile implements Disposable {
  readonly #file: string
  readonly #now: () => number
  readonly #bytesMax: number
  #open: OpenFile | undefined
  #buffer: string[] = []
  #characters = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost = 0

  /** `now` is in milliseconds since the epoch. Throws the file system's error where the file cannot be opened. */
  constructor(file: string, now: () => number, bytesMax = fileBytesMax) {
    this.#file = file
    this.#now = now
    this.#bytesMax = bytesMax
    this.#open = openFile(file)
  }

  append(line: string): void {
    this.#buffer.push(line)
    this.#characters += line.length + 1
    if (this.#characters > bufferCharactersMax) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), flushAfterMs).unref()
  }

  /** Writes what is buffered. A disk that takes nothing costs lines, never a request; how many were lost is written when it recovers. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#buffer
    this.#buffer = []
    this.#characters = 0
    if (lines.length === 0) return
    const lost = this.#lost
    const text = `${[...(lost > 0 ? [this.#lossNote(lost)] : []), ...lines].join('\n')}\n`
    try {
      this.#write(Buffer.from(text))
      this.#lost = 0
    } catch {
      this.#lost = lost + lines.length
    }
  }

  [Symbol.dispose](): void {
    this.flush()
    this.#close()
  }

  #lossNote(lines: number): string {
    const at = new Date(this.#now()).toISOString()
    return JSON.stringify({ at, level: 'error', message: 'log lines lost', lines })
  }

  #write(bytes: Buffer): void {
    const open = this.#current()
    // A line that a full disk has cut is closed, so that it does not swallow the next one.
    if (open.isCut) writeAll(open, newLine)
    writeAll(open, bytes)
  }

  #current(): OpenFile {
    if (this.#open && !isStill(this.#file, this.#open)) this.#close()
    if (this.#open?.isRegular && this.#open.bytes > this.#bytesMax) {
      this.#close()
      rotate(this.#file)
    }
    this.#open ??= openFile(this.#file)
    return this.#open
  }

  #close(): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor)
    this.#open = undefined
  }
}

interface OpenFile {
  readonly descriptor: number
  readonly inode: number
  /** False for a device or a pipe, which is never moved away. */
  readonly isRegular: boolean
  bytes: number
  /** True where the last write ended before its end. */
  isCut: boolean
}

const newLine = Buffer.from('\n')

function openFile(file: string): OpenFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const descriptor = openSync(file, 'a', 0o600)
  const entry = fstatSync(descriptor)
  return { descriptor, inode: entry.ino, isRegular: entry.isFile(), bytes: entry.size, isCut: false }
}

function isStill(file: string, { inode }: OpenFile): boolean {
  return statSync(file, { throwIfNoEntry: false })?.ino === inode
}

function writeAll(open: OpenFile, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(open.descriptor, bytes, done)
    done += written
    open.bytes += written
    open.isCut = done < bytes.length
  }
}

// A folder that takes no new names keeps the one file, which grows on.
function rotate(file: string): void {
  try {
    for (let i = filesKept - 1; i >= 1; i--) renameIfThere(`${file}.${i}`, `${file}.${i + 1}`)
    renameIfThere(file, `${file}.1`)
  } catch {
    // Tried again with the next lines.
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
