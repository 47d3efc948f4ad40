import { appendFileSync, closeSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { parseSeal, type Seal } from '../domain/audit/seal.ts'
import { GatewayError } from '../domain/errors.ts'

const bytesMax = 8 * 1024 * 1024
const chunkBytes = 64 * 1024

/** The file of checkpoints beside the database, one a line: at most 8 MiB, and as much again in the one before it. */
export class SealFile {
  readonly #file: string
  #isWhole = false

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'audit-checkpoints.jsonl')
  }

  /** Appends a line. Throws `internal_error` where the file cannot be written. */
  append(line: string): void {
    try {
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0
      if (size >= bytesMax) renameSync(this.#file, `${this.#file}.1`)
      // A line that a power cut left half there is ended first.
      const before = this.#isWhole || size === 0 ? '' : '\n'
      appendFileSync(this.#file, `${before}${line}\n`, { mode: 0o600 })
      this.#isWhole = true
    } catch (cause) {
      const sentence = `The checkpoints of the audit cannot be written to ${this.#file}: check the disk and the file's permissions.`
      throw new GatewayError('internal_error', sentence, { cause })
    }
  }

  /** The seals in both files, oldest first. A line that is none is passed over. */
  *[Symbol.iterator](): Generator<Seal> {
    yield* sealsIn(`${this.#file}.1`)
    yield* sealsIn(this.#file)
  }
}

/** The seals in a file, one a line; a line that is none is passed over. None where there is no such file. */
export function* sealsIn(file: string): Generator<Seal> {
  if (!statSync(file, { throwIfNoEntry: false })) return
  for (const line of linesOf(file)) {
    const seal = parseSeal(line)
    if (seal) yield seal
  }
}

function* linesOf(file: string): Generator<string> {
  const descriptor = openSync(file, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.alloc(chunkBytes)
    let rest = ''
    for (let bytes = readSync(descriptor, buffer); bytes > 0; bytes = readSync(descriptor, buffer)) {
      const lines = (rest + decoder.write(buffer.subarray(0, bytes))).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(descriptor)
  }
}
