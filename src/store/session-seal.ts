import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import type { Seal } from '../domain/tokens/session-token.ts'

const keyBytes = 32

/** Returns the seal of a data folder: HMAC-SHA256 under `session.key`, made at first use for this user alone. */
export function localSeal(stateDir: string): Seal {
  const file = join(stateDir, 'session.key')
  let key: Buffer | undefined
  return (text) => {
    key ??= loadKey(file)
    return createHmac('sha256', key).update(text).digest('base64url')
  }
}

function loadKey(file: string): Buffer {
  try {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode
    if (mode === undefined) makeKey(file)
    else if (mode & 0o077) chmodSync(file, 0o600)
    const key = readFileSync(file)
    if (key.length !== keyBytes) throw new Error('not 32 bytes')
    return key
  } catch (cause) {
    const sentence = `The key ${file} cannot be used: move it away and a new one is made; the pages' tokens so far end with it.`
    throw new GatewayError('internal_error', sentence, { cause })
  }
}

// Whole or not at all, and the first one stays where two processes make one at the same time.
function makeKey(file: string): void {
  const unfinished = `${file}.${process.pid}`
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(unfinished, randomBytes(keyBytes), { mode: 0o600, flush: true })
  try {
    linkSync(unfinished, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(unfinished)
  }
}
