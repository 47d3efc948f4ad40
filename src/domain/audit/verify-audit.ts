import type { AuditStore } from '../store.ts'
import { chainText, genesisHash } from './chain.ts'
import type { AuditLink } from './record.ts'
import { type Seal, sealText } from './seal.ts'

/** What verification works with. */
export interface VerifyParts {
  readonly store: Pick<AuditStore, 'state' | 'oldest' | 'checkpoints'>
  readonly sha256Hex: (text: string) => string
  /** Whether one of the trusted keys has signed the text. */
  readonly isSigned: (text: string, seal: Pick<Seal, 'keyId' | 'signature'>) => boolean
  /** Checkpoints that were kept outside of the database, in any order. */
  readonly kept: Iterable<Seal>
}

/** Where the chain breaks. */
export interface Break {
  /** The first record that is not what it was, or is not there. */
  readonly sequence: number
  readonly kind: 'changed' | 'missing' | 'added' | 'cut' | 'signature' | 'rewritten'
  readonly sentence: string
}

/** What verification found. */
export interface Verdict {
  readonly broken: Break | null
  /** Records that were looked at. */
  readonly records: number
  readonly lastSequence: number
  /** Up to here retention has removed records; 0 where it has not. */
  readonly removedUpTo: number
  readonly checkpoints: number
  /** Records after the last checkpoint: whoever can write the file can cut them without a trace. */
  readonly uncovered: number
}

const pageRecords = 1_000
const pageSeals = 200
const belowAll = -1e19

/**
 * Walks the chain in pages and holds every record against its hash, then every checkpoint against the chain, while others may go on
 * writing. `onProgress` is told how many records are done. Never throws over what stands in the file, only where it cannot be read.
 */
export async function verifyAudit(
  parts: VerifyParts,
  onProgress: (records: number) => void = () => undefined,
): Promise<Verdict> {
  const walk = new ChainWalk(parts)
  while (await walk.next()) onProgress(walk.records)
  const seals = new SealCheck(parts)
  for await (const checkpoint of storedCheckpoints(parts.store)) await seals.check(checkpoint)
  for (const seal of parts.kept) await seals.check(seal)
  const breaks = [walk.broken, seals.broken].filter((one) => one !== null)
  return {
    broken: breaks.sort((a, b) => a.sequence - b.sequence)[0] ?? null,
    records: walk.records,
    lastSequence: walk.sequence,
    removedUpTo: walk.removedUpTo,
    checkpoints: seals.good,
    uncovered: Math.max(0, walk.sequence - Math.max(seals.lastSequence, walk.removedUpTo)),
  }
}

/** The walk from the chain's beginning, or from where retention left it, to its end. */
class ChainWalk {
  records = 0
  sequence = 0
  hash: string = genesisHash
  removedUpTo = 0
  broken: Break | null = null
  readonly #parts: VerifyParts

  constructor(parts: VerifyParts) {
    this.#parts = parts
  }

  /** Looks at one page. Returns false at the end, and where the chain breaks. */
  async next(): Promise<boolean> {
    const page = { afterSequence: this.records === 0 ? belowAll : this.sequence, limit: pageRecords }
    const { links, head, anchor } = await this.#parts.store.oldest(page)
    // Also where retention removes what is next, while we look.
    if (anchor && anchor.sequence > this.sequence && !this.#startAt(anchor)) return false
    for (const link of links) {
      const { sequence } = link
      if (sequence <= this.sequence) return this.#break(sequence, 'added', 'was put in before the chain')
      if (sequence > head.sequence) return this.#break(sequence, 'added', 'was put in behind the chain')
      if (!this.#follows(link)) return false
    }
    if (links.length === pageRecords) return true
    if (this.sequence < head.sequence) {
      const what = `is missing, and all up to ${head.sequence} with it: the end of the chain was cut off`
      return this.#break(this.sequence + 1, 'cut', what)
    }
    if (this.hash !== head.hash)
      return this.#break(this.sequence, 'changed', 'is not the one that was written last')
    return false
  }

  #startAt(anchor: Seal): boolean {
    if (!isGood(this.#parts, anchor)) {
      const what =
        'begins the chain by a signature that is not good: records before it were removed by somebody'
      return this.#break(anchor.sequence + 1, 'signature', what)
    }
    this.sequence = anchor.sequence
    this.hash = anchor.hash
    this.removedUpTo = anchor.sequence
    return true
  }

  #follows({ sequence, fields, hash }: AuditLink): boolean {
    if (sequence !== this.sequence + 1) {
      const upTo = sequence - 1
      const what = upTo > this.sequence + 1 ? `is missing, and all up to ${upTo} with it` : 'is missing'
      return this.#break(this.sequence + 1, 'missing', what)
    }
    if (this.#parts.sha256Hex(chainText(this.hash, sequence, fields)) !== hash) {
      return this.#break(
        sequence,
        'changed',
        'is not what was written, or stands in another place than it did',
      )
    }
    this.sequence = sequence
    this.hash = hash
    this.records++
    return true
  }

  #break(sequence: number, kind: Break['kind'], what: string): false {
    this.broken = { sequence, kind, sentence: `Record ${sequence} ${what}.` }
    return false
  }
}

/** Holds seals against the chain that was walked. */
class SealCheck {
  readonly #good = new Set<number>()
  lastSequence = 0
  broken: Break | null = null
  readonly #parts: VerifyParts

  constructor(parts: VerifyParts) {
    this.#parts = parts
  }

  /** How many records have a good checkpoint, in whatever files. */
  get good(): number {
    return this.#good.size
  }

  async check(seal: Seal): Promise<void> {
    const { sequence } = seal
    if (!isGood(this.#parts, seal)) {
      this.#break(sequence, 'signature', 'has a checkpoint that none of the trusted keys has signed')
      return
    }
    const { links, anchor } = await this.#parts.store.oldest({ afterSequence: sequence - 1, limit: 1 })
    const removedUpTo = anchor && isGood(this.#parts, anchor) ? anchor.sequence : 0
    // What retention has removed cannot be held against anything.
    if (sequence < removedUpTo) return
    const [link] = links
    const found =
      sequence === removedUpTo ? anchor?.hash : link?.sequence === sequence ? link.hash : undefined
    if (found === seal.hash) {
      if (seal.type === 'checkpoint') this.#good.add(sequence)
      this.lastSequence = Math.max(this.lastSequence, sequence)
    } else if (found === undefined) {
      const what =
        'was there when a checkpoint was signed and is not now: the chain was cut, or an older copy put in its place'
      this.#break(sequence, 'cut', what)
    } else {
      const what = 'is not the one that a checkpoint was signed for: it or one before it was rewritten'
      this.#break(sequence, 'rewritten', what)
    }
  }

  #break(sequence: number, kind: Break['kind'], what: string): void {
    if (this.broken && this.broken.sequence <= sequence) return
    this.broken = { sequence, kind, sentence: `Record ${sequence} ${what}.` }
  }
}

function isGood({ isSigned }: VerifyParts, seal: Seal): boolean {
  // No date that is none can have been signed.
  return Math.abs(seal.at) <= 8.64e15 && isSigned(sealText(seal), seal)
}

async function* storedCheckpoints(store: VerifyParts['store']): AsyncGenerator<Seal> {
  let afterSequence = 0
  for (;;) {
    const page = await store.checkpoints({ afterSequence, limit: pageSeals })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageSeals) return
    afterSequence = last.sequence
  }
}
