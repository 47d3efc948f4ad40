import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const flushAfterMs = 100
const bufferCharactersMax = 1024 * 1024

/** Appends lines to a file of mode 0600, in batches, each at the latest 100 ms after it came. */
export class LogFile implements Disposable {
  #descriptor: number | undefined
  #buffer = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #bytesLost = 0

  /** Throws the file system's error where the file cannot be opened. */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    this.#descriptor = openSync(file, 'a', 0o600)
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
    if (text === '' || this.#descriptor === undefined) return
    try {
      if (this.#bytesLost > 0) {
        writeSync(
          this.#descriptor,
          `{"level":"error","message":"log lines lost","characters":${this.#bytesLost}}\n`,
        )
        this.#bytesLost = 0
      }
      writeSync(this.#descriptor, text)
    } catch {
      this.#bytesLost += text.length
    }
  }

  [Symbol.dispose](): void {
    this.flush()
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
