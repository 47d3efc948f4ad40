/** An Idempotency-Key as a token has used it. */
export interface KeyUse {
  /** The id of the token. */
  readonly owner: string
  /** What the key is known by: a hash of it without its quotes. */
  readonly name: string
  /** A hash of the route and the body that it was used with. */
  readonly fingerprint: string
  /** When it was first used, in milliseconds since the epoch. */
  readonly at: number
}

/** An answer that is kept under a key, as it was sent. */
export interface KeptAnswer {
  readonly status: number
  /** JSON. */
  readonly body: string
}

/** A key with its answer, for the store to keep with what the answer tells of. */
export interface AnsweredKey extends KeyUse {
  readonly answer: KeptAnswer
}

/** A key with the message that was put on its way under it. */
export interface MessageKey extends KeyUse {
  readonly messageId: string
}

/** What is known of a key: its answer, or the message whose outcome is the answer. */
export type KnownKey = AnsweredKey | MessageKey

/** What is kept of keys. Every verb that writes is one commit and resolves when it is durable. */
export interface KeyStore {
  find(owner: string, name: string): Promise<KnownKey | undefined>
  /** Keeps an answer, in the place of what was kept under that key. */
  keep(key: AnsweredKey): Promise<void>
  /** Forgets keys that are older, a bounded number a call. Resolves to how many. */
  prune(usedBefore: number): Promise<number>
}
