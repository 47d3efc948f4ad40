import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { setImmediate as turn } from 'node:timers/promises'

/** How many older files the log keeps beside the one that is written, as `<file>.1` and so on. */
const filesKept = 5
const chunkBytes = 64 * 1024

/** Reads a log and the older files that it was rotated into, each line once, and later what was appended, past any rotation. */
export class LogTail implements Disposable {
  readonly #names: readonly string[]
  #reading: Reading[] = []

  constructor(file: string) {
    this.#names = [file, ...Array.from({ length: filesKept }, (_, i) => `${file}.${i + 1}`)]
  }

  /** Hands out the whole lines that have come since the last call, oldest first, until there are no more or `isOver` says so. */
  async read(take: (line: string) => void, isOver: () => boolean): Promise<void> {
    if (this.#reading.length === 0) this.#reading = this.#openAll()
    for (;;) {
      const [oldest, ...newer] = this.#reading
      if (oldest === undefined) return
      await readOn(oldest, take, isOver)
      if (isOver()) return
      if (newer.length === 0) {
        const next = this.#openAfter(oldest)
        if (next === undefined) return
        newer.push(next)
        // What was appended between the last read and the rotation.
        await readOn(oldest, take, isOver)
      }
      closeSync(oldest.descriptor)
      this.#reading = newer
    }
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#reading) closeSync(descriptor)
    this.#reading = []
  }

  // The newest first: a rotation in the middle of it shows one file twice, and hides none.
  #openAll(): Reading[] {
    const found: Reading[] = []
    for (const name of this.#names) {
      const reading = open(name)
      if (reading === undefined) continue
      if (found.some(({ inode }) => inode === reading.inode)) closeSync(reading.descriptor)
      else found.unshift(reading)
    }
    return found
  }

  #openAfter({ inode }: Reading): Reading | undefined {
    const at = this.#names.findIndex((name) => statSync(name, { throwIfNoEntry: false })?.ino === inode)
    if (at === 0) return undefined
    // One that is nowhere was moved away by somebody else.
    return open(this.#names[Math.max(0, at - 1)] ?? '')
  }
}

interface Reading {
  readonly descriptor: number
  readonly inode: number
  offset: number
  rest: string
  decoder: StringDecoder
}

function open(name: string): Reading | undefined {
  if (statSync(name, { throwIfNoEntry: false })?.isFile() !== true) return undefined
  try {
    const descriptor = openSync(name, 'r')
    return {
      descriptor,
      inode: fstatSync(descriptor).ino,
      offset: 0,
      rest: '',
      decoder: new StringDecoder('utf8'),
    }
  } catch (error) {
    // It was rotated between the two calls.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readOn(reading: Reading, take: (line: string) => void, isOver: () => boolean): Promise<void> {
  const end = fstatSync(reading.descriptor).size
  // It was cut down by somebody else.
  if (end < reading.offset) {
    reading.offset = 0
    reading.rest = ''
    reading.decoder = new StringDecoder('utf8')
  }
  const buffer = Buffer.alloc(Math.min(chunkBytes, Math.max(1, end - reading.offset)))
  while (reading.offset < end && !isOver()) {
    const bytes = readSync(reading.descriptor, buffer, 0, buffer.length, reading.offset)
    if (bytes === 0) return
    reading.offset += bytes
    const lines = (reading.rest + reading.decoder.write(buffer.subarray(0, bytes))).split('\n')
    reading.rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    // That the reader of our output has left is told between two turns of the event loop.
    await turn()
  }
}
