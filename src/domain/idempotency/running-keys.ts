/** The Idempotency-Keys of calls that run in this process: each is held by one call at a time. */
export class RunningKeys {
  // As many as calls run.
  readonly #fingerprints = new Map<string, string>()

  /** What the key is being used with, or undefined where no call holds it. */
  fingerprint(owner: string, name: string): string | undefined {
    return this.#fingerprints.get(keyOf(owner, name))
  }

  /** Holds a key that no call holds, until the result is disposed of. */
  hold(owner: string, name: string, fingerprint: string): Disposable {
    const key = keyOf(owner, name)
    this.#fingerprints.set(key, fingerprint)
    return { [Symbol.dispose]: () => void this.#fingerprints.delete(key) }
  }
}

// Neither part holds a line break.
function keyOf(owner: string, name: string): string {
  return `${owner}\n${name}`
}
