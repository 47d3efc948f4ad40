/** A signed statement about the chain. Times are milliseconds since the epoch. */
export interface Seal {
  /** `checkpoint`: the chain held this hash at this sequence. `anchor`: what stood up to this sequence was removed by retention. */
  readonly type: 'checkpoint' | 'anchor'
  readonly sequence: number
  readonly hash: string
  readonly at: number
  /** The first 16 hex digits of the SHA-256 of the public key in DER (SPKI). */
  readonly keyId: string
  /** Ed25519 (RFC 8032) over {@link sealText}, in base64. */
  readonly signature: string
}

/** Signs for the audit and keeps what it signed beside the database too. Throws `internal_error` where a file stands in the way. */
export interface AuditSigner {
  /** Makes the key where there is none yet. */
  sign(text: string): { readonly signature: string; readonly keyId: string }
  /** Appends a line to the file of checkpoints. */
  publish(line: string): void
}

/** Returns the text that is signed: four lines without an end of the last. */
export function sealText({ type, sequence, hash, at }: Omit<Seal, 'keyId' | 'signature'>): string {
  return `openclaw audit ${type}\n${sequence}\n${hash}\n${new Date(at).toISOString()}`
}

/** Signs a statement. */
export function makeSeal(signer: AuditSigner, statement: Omit<Seal, 'keyId' | 'signature'>): Seal {
  return { ...statement, ...signer.sign(sealText(statement)) }
}

/** Returns a seal as one line of JSON. */
export function sealLine({ type, sequence, hash, at, keyId, signature }: Seal): string {
  return JSON.stringify({ type, sequence, hash, at: new Date(at).toISOString(), keyId, signature })
}

/** Reads what {@link sealLine} wrote, or returns undefined. */
export function parseSeal(line: string): Seal | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null) return undefined
    const { type, sequence, hash, at, keyId, signature } = Object.fromEntries(Object.entries(value))
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
    const isWhole =
      (type === 'checkpoint' || type === 'anchor') &&
      typeof sequence === 'number' &&
      typeof hash === 'string' &&
      typeof keyId === 'string' &&
      typeof signature === 'string' &&
      !Number.isNaN(time)
    return isWhole ? { type, sequence, hash, at: time, keyId, signature } : undefined
  } catch {
    return undefined
  }
}
