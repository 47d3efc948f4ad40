import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const flushAfterMs = 100
const bufferCharactersMax = 1024 * 1024
const fileBytesMax = 16 * 1024 * 1024
const filesKept = 5

/**
 * Appends lines to a file of mode 0600, in batches, each at the latest 100 ms after it came. A file of 16 MiB becomes `<file>.1`, the one
 * before it `.2`, up to `.5`.
 */
export class LogFile implements Disposable {
  readonly #file: string
  readonly #bytesMax: number
  #descriptor: number | undefined
  #bytes = 0
  #buffer = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost = 0

  /** Throws the file system's error where the file cannot be opened. */
  constructor(file: string, bytesMax = fileBytesMax) {
    this.#file = file
    this.#bytesMax = bytesMax
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    this.#open()
  }

  append(line: string): void {
    this.#buffer += `${line}\n`
    if (this.#buffer.length > bufferCharactersMax) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), flushAfterMs).unref()
  }

  /** Writes what is buffered. A disk that takes nothing costs lines, never a request; how much was lost is written when it recovers. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#buffer
    this.#buffer = ''
    if (text === '') return
    try {
      if (this.#lost > 0) {
        const note = JSON.stringify({ level: 'error', message: 'log lines lost', characters: this.#lost })
        this.#write(`${note}\n`)
        this.#lost = 0
      }
      this.#write(text)
    } catch {
      this.#lost += text.length
    }
  }

  [Symbol.dispose](): void {
    this.flush()
    this.#close()
  }

  #write(text: string): void {
    if (this.#bytes > this.#bytesMax) this.#rotate()
    if (this.#descriptor === undefined) this.#open()
    if (this.#descriptor !== undefined) this.#bytes += writeSync(this.#descriptor, text)
  }

  #open(): void {
    this.#descriptor = openSync(this.#file, 'a', 0o600)
    this.#bytes = fstatSync(this.#descriptor).size
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #rotate(): void {
    this.#close()
    for (let i = filesKept - 1; i >= 1; i--) renameIfThere(`${this.#file}.${i}`, `${this.#file}.${i + 1}`)
    renameIfThere(this.#file, `${this.#file}.1`)
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
