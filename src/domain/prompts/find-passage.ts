import { emphasisAt } from './emphasis.ts'
import { createRuleIndex, type Rule } from './rule-index.ts'
import { allRules } from './rules/all-rules.ts'
import type { InjectionReason } from './rules/rule.ts'

/** What else counts in a folded text that was made from another one. */
export interface Disguise {
  readonly reason: InjectionReason
  /** Added to each rule that matches. */
  readonly weight: number
  /** Where given, a text of the same length: only matches that are written otherwise in it have the extra weight. */
  readonly original?: string
}

/**
 * Returns why the first suspicious passage of a folded text is so, or undefined where there is none. A passage is suspicious where the
 * weights of the rules that match within 600 characters add up to 1. Linear in the text's length.
 */
export function findPassage(text: string, disguise?: Disguise): readonly InjectionReason[] | undefined {
  let matches: Match[] = []
  let end = Number.POSITIVE_INFINITY
  const anchorsMax = floodMin + text.length / charactersAnAnchor
  let anchors = 0
  index.visit(text, (start, rules) => {
    if (start > end || ++anchors > anchorsMax) return false
    for (const rule of rules) {
      const match = matchAt(rule, text, start, disguise)
      if (match === undefined) continue
      if (end === Number.POSITIVE_INFINITY) {
        matches = matches.filter((earlier) => earlier.start >= start - passageLength)
      }
      addStrongest(matches, match)
      // What follows closely belongs to it, and is one more reason.
      if (end === Number.POSITIVE_INFINITY && sum(matches) >= suspicious) end = start + passageLength
    }
    return true
  })
  if (anchors > anchorsMax) return ['obfuscation']
  return end === Number.POSITIVE_INFINITY ? undefined : reasonsOf(matches, disguise)
}

const suspicious = 1
const passageLength = 600
const pieceLength = 4
// Prose has an anchor in 60 to 200 characters. A text that is nearly nothing else is a flood, meant to hide something or to waste time.
const floodMin = 1000
const charactersAnAnchor = 32
const index = createRuleIndex(allRules)

interface Match {
  readonly start: number
  readonly rule: Rule
  readonly weight: number
  readonly disguised: boolean
}

function matchAt(rule: Rule, text: string, start: number, disguise: Disguise | undefined): Match | undefined {
  const { pattern } = rule
  pattern.lastIndex = start
  const found = pattern.exec(text)
  if (found === null) return undefined
  const begin = start - (found[1]?.length ?? 0)
  const disguised =
    disguise !== undefined &&
    isDisguised(text, disguise.original, [begin, start, pattern.lastIndex - pieceLength])
  const weight = rule.weight * emphasisAt(text, begin) + (disguised ? disguise.weight : 0)
  return { start, rule, weight, disguised }
}

// Looks at the beginning, the anchor and the end of a match alone: in between there may be anything, such as a link with digits in it.
function isDisguised(text: string, original: string | undefined, places: readonly number[]): boolean {
  return (
    original === undefined ||
    places.some(
      (place) => original.slice(place, place + pieceLength) !== text.slice(place, place + pieceLength),
    )
  )
}

// The rules of one reason at one anchor are readings of one phrase, of which the strongest counts; and a rule counts once a passage, so that
// the list is never longer than the rules are many.
function addStrongest(matches: Match[], match: Match): void {
  const { start, rule } = match
  const rival = matches.findIndex(
    (other) => other.rule === rule || (other.start === start && other.rule.reason === rule.reason),
  )
  if (rival < 0) matches.push(match)
  else if ((matches[rival]?.weight ?? 0) <= match.weight) matches.splice(rival, 1, match)
}

// Tenths are not exact in binary.
function sum(matches: readonly Match[]): number {
  return Math.round(100 * matches.reduce((total, { weight }) => total + weight, 0)) / 100
}

function reasonsOf(matches: readonly Match[], disguise: Disguise | undefined): readonly InjectionReason[] {
  const reasons = new Set(matches.toSorted((a, b) => b.weight - a.weight).map(({ rule }) => rule.reason))
  if (disguise !== undefined && matches.some(({ disguised }) => disguised)) reasons.add(disguise.reason)
  return [...reasons]
}
