import { randomBytes } from 'node:crypto'

/** Where a planted text may stand: nowhere; where messages are kept and shown; or in the answer to the one who sent it, as a name. */
export type Kind = 'secret' | 'content' | 'name'

/** Texts that nobody else has, put into everything that goes in, and looked for in everything that comes out. */
export class Plants {
  readonly #planted: { readonly what: string; readonly text: string; readonly kind: Kind }[] = []
  readonly #leaks = new Set<string>()

  /** How many were planted. */
  get count(): number {
    return this.#planted.length
  }

  /** What was found where it must not be, in words. */
  get leaks(): readonly string[] {
    return [...this.#leaks]
  }

  /** Returns a new text that must stand nowhere. */
  secret(what: string, prefix = ''): string {
    return this.plant(what, 'secret', prefix)
  }

  /** Returns a new text, random after its prefix. */
  plant(what: string, kind: Kind, prefix = ''): string {
    const text = `${prefix}${randomBytes(15).toString('hex')}`
    this.#planted.push({ what, text, kind })
    return text
  }

  /** Looks for every planted text that is of none of the allowed kinds. Its last half alone is a leak as well: what a cut leaves of it. */
  look(where: string, text: string, allowed: readonly Kind[] = []): void {
    for (const { what, text: whole, kind } of this.#planted) {
      if (allowed.includes(kind)) continue
      const half = whole.slice(-16)
      if (text.includes(half) || text.includes(half.toUpperCase())) this.#leaks.add(`${what} in ${where}`)
    }
  }

  /** How many texts of a kind stand in a text. */
  found(kind: Kind, text: string): number {
    return this.#planted.filter((one) => one.kind === kind && text.includes(one.text)).length
  }
}
