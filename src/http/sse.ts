import type { ServerResponse } from 'node:http'

const bufferCharactersMax = 64 * 1024
const pingAfterMs = 15_000

/**
 * Writes server-sent events (WHATWG HTML): one `id:` line that counts from 1 and one `data:` line of JSON a frame. Frames of one turn
 * of the event loop go out in one write; a comment goes out after 15 seconds of silence.
 */
export class SseWriter {
  readonly #response: ServerResponse
  readonly #ping: ReturnType<typeof setInterval>
  #buffer = ''
  #count = 0
  #scheduled = false

  constructor(response: ServerResponse) {
    this.#response = response
    this.#ping = setInterval(() => this.#writePing(), pingAfterMs)
    response.once('close', () => clearInterval(this.#ping))
  }

  /** Queues one frame. Returns false where the reader takes no more: then await `drained` before the next one. */
  write(frame: object): boolean {
    this.#count++
    return this.writeText(`id: ${this.#count}\ndata: ${JSON.stringify(frame)}\n\n`)
  }

  /** Queues whole frames as they stand, in another form than ours. Returns what `write` does. */
  writeText(frames: string): boolean {
    this.#buffer += frames
    if (this.#buffer.length > bufferCharactersMax) {
      this.#flush()
    } else if (!this.#scheduled) {
      this.#scheduled = true
      // After all that this tick's chunk of the provider's answer holds, and before the event loop goes on.
      process.nextTick(() => this.#flush())
    }
    return !this.#response.writableNeedDrain
  }

  /** Resolves when the reader takes more. Rejects with what `onStall` returns after `stallMs`, and with the signal's reason. */
  drained(stallMs: number, signal: AbortSignal, onStall: () => Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => (): void => {
        clearTimeout(timer)
        this.#response.off('drain', drain)
        signal.removeEventListener('abort', abort)
        end()
      }
      const drain = settle(resolve)
      const abort = settle(() => reject(signal.reason))
      const timer = setTimeout(
        settle(() => reject(onStall())),
        stallMs,
      )
      if (signal.aborted) return abort()
      if (!this.#response.writableNeedDrain) return drain()
      this.#response.once('drain', drain)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** Writes what is queued and ends the response. */
  end(): void {
    clearInterval(this.#ping)
    const rest = this.#buffer
    this.#buffer = ''
    this.#response.end(rest)
  }

  // A reader that takes nothing gets no pings on top.
  #writePing(): void {
    if (!this.#response.writableNeedDrain && !this.#response.destroyed) this.#response.write(': ping\n\n')
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#buffer === '' || this.#response.destroyed) return
    const chunk = this.#buffer
    this.#buffer = ''
    this.#response.write(chunk)
    this.#ping.refresh()
  }
}
