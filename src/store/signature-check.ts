import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Seal } from '../domain/audit/seal.ts'
import { GatewayError } from '../domain/errors.ts'
import { keyIdOf } from './audit-signer.ts'

/**
 * Returns a check of signatures by any of some public keys in PEM format; a private key's public half counts too. Throws
 * `invalid_request` for a text that is no Ed25519 key.
 */
export function signatureCheck(
  publicKeys: readonly string[],
): (text: string, seal: Pick<Seal, 'keyId' | 'signature'>) => boolean {
  const keys = new Map<string, KeyObject>(
    publicKeys.map((pem) => {
      const key = readKey(pem)
      return [keyIdOf(key), key]
    }),
  )
  return (text, { keyId, signature }) => {
    const key = keys.get(keyId)
    return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
  }
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw new GatewayError(
    'invalid_request',
    'This is no public key of an audit: pass the text that "openclaw audit key" prints.',
  )
}
