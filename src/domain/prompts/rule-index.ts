import {
  anchorPattern,
  compilePhrase,
  type InjectionReason,
  type Phrase,
  type RuleSet,
  stemLength,
} from './rules/rule.ts'

/** A phrase, ready to be tried where an anchor begins. */
export interface Rule {
  readonly reason: InjectionReason
  /** 0 to 1. */
  readonly weight: number
  /** Sticky. What stands before the anchor is the first group. */
  readonly pattern: RegExp
}

/** Finds the anchors of a folded text. */
export interface RuleIndex {
  /** Calls `visit` with the place of each anchor, in order, and the rules to try there, until it returns false. Linear. */
  visit(text: string, visit: (start: number, rules: readonly Rule[]) => boolean): void
}

/** Indexes the rules by how their anchors begin, so that text without anchors costs a look-up a word. */
export function createRuleIndex(sets: readonly RuleSet[]): RuleIndex {
  const buckets = bucketsOf(sets)
  const kinds = unitKinds(buckets)
  const beginnings = wordBeginnings(buckets)
  return {
    visit(text, visit) {
      let wasLetter = false
      for (let start = 0; start < text.length; start++) {
        const kind = kinds[text.charCodeAt(start)]
        const isLetter = kind === letterKind
        const isWithinWord = isLetter && wasLetter
        wasLetter = isLetter
        if (kind === otherKind || isWithinWord) continue
        const key = isLetter ? wordKey(text, start) : pairKey(text, start)
        if (isLetter && (((beginnings[key >> 3] ?? 0) >> (key & 7)) & 1) === 0) continue
        const bucket = buckets.get(key)
        if (bucket?.beginsAt(text, start) && !visit(start, bucket.rules)) return
      }
    },
  }
}

const otherKind = 0
const letterKind = 1
const anchorKind = 2

// What each unit may begin: an anchor of Latin letters, another anchor, or none.
function unitKinds(buckets: ReadonlyMap<number, Bucket>): Uint8Array {
  const kinds = new Uint8Array(0x10000)
  kinds.fill(letterKind, firstLetter, lastLetter + 1)
  for (const [key, bucket] of buckets) if (key >= pairKeyMin) kinds[bucket.firstUnit] = anchorKind
  return kinds
}

// Which four letters begin an anchor, a bit each.
function wordBeginnings(buckets: ReadonlyMap<number, Bucket>): Uint8Array {
  const beginnings = new Uint8Array(pairKeyMin >> 3)
  for (const key of buckets.keys()) {
    if (key < pairKeyMin) beginnings[key >> 3] = (beginnings[key >> 3] ?? 0) | (1 << (key & 7))
  }
  return beginnings
}

const firstLetter = 0x61
const lastLetter = 0x7a
const letterBits = 5
const pairKeyMin = 1 << (stemLength * letterBits)

/** The anchors that begin alike, and their rules. Compiled when the first text has such a beginning: most never come. */
class Bucket {
  readonly firstUnit: number
  readonly #phrases: {
    readonly reason: InjectionReason
    readonly anchors: readonly string[]
    readonly phrase: Phrase
  }[] = []
  #gate: RegExp | undefined
  #rules: readonly Rule[] | undefined

  constructor(firstUnit: number) {
    this.firstUnit = firstUnit
  }

  add(reason: InjectionReason, anchors: readonly string[], phrases: readonly Phrase[]): void {
    for (const phrase of phrases) this.#phrases.push({ reason, anchors, phrase })
  }

  beginsAt(text: string, start: number): boolean {
    this.#gate ??= new RegExp(
      anchorPattern([...new Set(this.#phrases.flatMap(({ anchors }) => anchors))]),
      'y',
    )
    this.#gate.lastIndex = start
    return this.#gate.test(text)
  }

  get rules(): readonly Rule[] {
    this.#rules ??= this.#phrases.map(({ reason, anchors, phrase }) => ({
      reason,
      weight: phrase.weight,
      pattern: compilePhrase(anchors, phrase),
    }))
    return this.#rules
  }
}

function bucketsOf(sets: readonly RuleSet[]): ReadonlyMap<number, Bucket> {
  const buckets = new Map<number, Bucket>()
  for (const { reason, groups } of sets) {
    for (const { anchors, phrases } of groups) {
      for (const [key, alike] of Map.groupBy(anchors.split(', '), keyOf)) {
        const bucket = buckets.get(key) ?? new Bucket(anchorUnit(alike))
        buckets.set(key, bucket)
        bucket.add(reason, alike, phrases)
      }
    }
  }
  return buckets
}

function anchorUnit(anchors: readonly string[]): number {
  return anchors[0]?.charCodeAt(0) ?? 0
}

function keyOf(anchor: string): number {
  return isWordUnit(anchor.charCodeAt(0)) ? wordKey(anchor, 0) : pairKey(anchor, 0)
}

function isWordUnit(unit: number): boolean {
  return unit >= firstLetter && unit <= lastLetter
}

// The first four letters of a word, five bits each, 0 from its end on.
function wordKey(text: string, start: number): number {
  let key = 0
  for (let left = stemLength; left > 0; left--) {
    const unit = text.charCodeAt(start + stemLength - left)
    if (!isWordUnit(unit)) return key << (left * letterBits)
    key = (key << letterBits) | (unit - firstLetter + 1)
  }
  return key
}

// Two units, above all word keys.
function pairKey(text: string, start: number): number {
  return pairKeyMin + text.charCodeAt(start) * 0x10000 + (text.charCodeAt(start + 1) || 0)
}
