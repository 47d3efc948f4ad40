import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { ConfigPath } from './paths.ts'
import type { Problem } from './problem.ts'

/** Largest config file in bytes. */
export const fileBytesMax = 1_048_576

/** What stands in the config file, or why it cannot be read. `text` is null where a file that nobody named is not there. */
export type ConfigText =
  | { readonly text: string | null; readonly readableByOthers: boolean }
  | { readonly problem: Problem }

/** Reads the config file as UTF-8, with or without a byte order mark. Never throws. */
export function readConfigFile(path: ConfigPath): ConfigText {
  try {
    return readUtf8(path.file)
  } catch (error) {
    const code = codeOf(error)
    if (!path.named && (code === 'ENOENT' || code === 'ENOTDIR'))
      return { text: null, readableByOthers: false }
    return { problem: fileProblem(path.file, sentences.get(code) ?? `cannot be read (${code}).`) }
  }
}

const sentences = new Map([
  ['ENOENT', 'there is no such file.'],
  ['ENOTDIR', 'there is no such file.'],
  ['EACCES', 'this user may not read the file.'],
  ['EPERM', 'this user may not read the file.'],
  ['EISDIR', 'this is a folder, not a file.'],
  ['ELOOP', 'the link leads back to itself.'],
  ['ENAMETOOLONG', 'the path is too long.'],
  ['ERR_INVALID_ARG_VALUE', 'this cannot be a path.'],
])

function readUtf8(file: string): ConfigText {
  const descriptor = openSync(file, 'r')
  try {
    const { mode } = fstatSync(descriptor)
    const bytes = readBounded(descriptor)
    if (bytes.length > fileBytesMax) {
      return { problem: fileProblem(file, 'the file is larger than 1 MB; expected a config file.') }
    }
    const readableByOthers = process.platform !== 'win32' && (mode & 0o044) !== 0
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), readableByOthers }
  } catch (error) {
    if (codeOf(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    return { problem: fileProblem(file, 'the file is not UTF-8 text; save it as UTF-8.') }
  } finally {
    closeSync(descriptor)
  }
}

// By the bytes that come, not by the size that is told: a pipe or a device tells none.
function readBounded(descriptor: number): Buffer {
  const bytes = Buffer.alloc(fileBytesMax + 1)
  let length = 0
  while (length < bytes.length) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}

function fileProblem(file: string, sentence: string): Problem {
  return { file, line: 0, column: 0, path: '', severity: 'error', sentence }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
