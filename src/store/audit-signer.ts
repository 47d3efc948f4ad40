import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditSigner } from '../domain/audit/seal.ts'
import { GatewayError } from '../domain/errors.ts'
import { SealFile } from './seal-file.ts'

/** The signer of one data folder, with its public key for others to check by. */
export interface LocalSigner extends AuditSigner {
  /** PEM (SPKI). Makes the key where there is none yet. */
  publicKey(): string
}

/** Returns the signer of a data folder: `audit-key.pem`, made at first use for this user alone, and `audit-checkpoints.jsonl`. */
export function localSigner(stateDir: string): LocalSigner {
  const file = keyFileIn(stateDir)
  const seals = new SealFile(stateDir)
  let known:
    | { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly id: string }
    | undefined
  const key = (): NonNullable<typeof known> => {
    known ??= loadKey(file)
    return known
  }
  return {
    sign(text) {
      const { privateKey, id } = key()
      // Ed25519 hashes by itself.
      return { signature: sign(null, Buffer.from(text), privateKey).toString('base64'), keyId: id }
    },
    publish: (line) => seals.append(line),
    publicKey: () => key().publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** Returns where the key of a data folder is, or will be. */
export function keyFileIn(stateDir: string): string {
  return join(stateDir, 'audit-key.pem')
}

/** Returns the id of a public key: the first 16 hex digits of the SHA-256 of its DER form (SPKI). */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

function loadKey(file: string): {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly id: string
} {
  try {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode
    if (mode === undefined) makeKey(file)
    else if (mode & 0o077) chmodSync(file, 0o600)
    const privateKey = createPrivateKey(readFileSync(file))
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key')
    const publicKey = createPublicKey(privateKey)
    return { privateKey, publicKey, id: keyIdOf(publicKey) }
  } catch (cause) {
    const sentence = `The audit's signing key ${file} cannot be used: restore it from a backup, or move it away and a new one is made, which the checkpoints so far are not signed by.`
    throw new GatewayError('internal_error', sentence, { cause })
  }
}

// Whole or not at all, and the first one stays where two processes make one at the same time.
function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  const unfinished = `${file}.${process.pid}`
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true })
  try {
    linkSync(unfinished, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(unfinished)
  }
}
