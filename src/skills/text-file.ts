import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'

/** Why a file was not read, as the end of a sentence about it. */
export class Unreadable extends Error {}

/** The most bytes of a file that a model is shown. */
export const textBytesMax: number = 64 * 1024

/**
 * Reads a text file in a folder. Rejects with {@link Unreadable} for a path that leads out of the folder, by `..` or by a link, for a
 * hidden file, for what is no file of text, and for more than 64 KiB.
 */
export async function readTextIn(folder: string, path: string): Promise<string> {
  const steps = path.split(/[\\/]/)
  if (
    isAbsolute(path) ||
    path.length > 256 ||
    path.includes('\0') ||
    steps.some((step) => /^\.(?!$)/.test(step))
  )
    throw new Unreadable('leads out of its folder')
  const file = await real(join(folder, ...steps))
  const home = await real(folder)
  if (!file.startsWith(home + sep)) throw new Unreadable('leads out of its folder')
  // A pipe would keep its reader waiting, and a link could have come between.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    () => {
      throw new Unreadable('cannot be read')
    },
  )
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new Unreadable('is no file')
    if (found.size > textBytesMax) throw new Unreadable(`is larger than ${textBytesMax} bytes`)
    const bytes = Buffer.alloc(textBytesMax + 1)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    if (bytesRead > textBytesMax) throw new Unreadable(`is larger than ${textBytesMax} bytes`)
    return textOf(bytes.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

async function real(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    throw new Unreadable('is not there')
  }
}

function textOf(bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text.replaceAll('\r\n', '\n')
  } catch {
    // Falls through: what is no UTF-8 is no text.
  }
  throw new Unreadable('is no text in UTF-8')
}
