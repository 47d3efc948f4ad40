/** Why a text looks like an attempt to take over the model. A closed list: a code may be added, none changes its meaning. */
export type InjectionReason =
  /** Asks the model to drop, replace or disobey its instructions. */
  | 'instruction_override'
  /** Asks the model to be somebody without rules. */
  | 'persona_jailbreak'
  /** Asks for the system prompt, or for what stands above. */
  | 'prompt_extraction'
  /** Imitates the markers that separate system, user and assistant, or claims a right that only the system could give. */
  | 'fake_turn'
  /** Asks for data to be sent elsewhere, by a tool, a link or an image. */
  | 'exfiltration'
  /** Hides a request in an encoding, or asks that what is decoded be obeyed. */
  | 'encoded_payload'
  /** Speaks to the model from within a document, past its reader. */
  | 'embedded_instruction'
  /** Spells words so that people can read them and filters cannot. */
  | 'obfuscation'
  /** Carries characters that nobody sees, in numbers that no script needs. */
  | 'hidden_characters'

/** A phrase around an anchor: regular expressions for what stands right before it and right after it. */
export interface Phrase {
  /** What a match is worth, 0 to 1. A text is suspicious from 1 on. */
  readonly weight: number
  readonly before: string
  readonly after: string
}

/**
 * Phrases around the same anchors. An anchor is the rarest word of a phrase, since ordinary text pays for each one in it.
 *
 * Anchors are separated by commas; lower case, no accents. One of Latin letters stands where a word begins, and is the beginning of that
 * word, or with fewer than four letters the whole. One of another script, or that begins with punctuation, has at least two units and is
 * found anywhere. In the expressions a space stands for up to four characters that are neither letter nor digit, and every repetition
 * must be bounded, so that an anchor costs a bounded time.
 */
export interface RuleGroup {
  readonly anchors: string
  readonly phrases: readonly Phrase[]
}

/** The rules of one reason. */
export interface RuleSet {
  readonly reason: InjectionReason
  readonly groups: readonly RuleGroup[]
}

/** The number of letters from which on a Latin anchor is the beginning of a word instead of a whole one. */
export const stemLength = 4

// After folding, what is neither letter nor digit is ASCII.
const separator = '[\\0-\\x2f\\x3a-\\x60\\x7b-\\x7f]'

/** A phrase that the anchor alone makes. */
export function alone(weight: number): Phrase {
  return { weight, before: '', after: '' }
}

/** A phrase that ends with the anchor. */
export function before(weight: number, pattern: string): Phrase {
  return { weight, before: pattern, after: '' }
}

/** A phrase that begins with the anchor. */
export function after(weight: number, pattern: string): Phrase {
  return { weight, before: '', after: pattern }
}

/** A phrase with the anchor in it. */
export function around(weight: number, beforeIt: string, afterIt: string): Phrase {
  return { weight, before: beforeIt, after: afterIt }
}

/** Compiles a phrase: sticky, to be tried where one of its anchors begins. What stands before the anchor is the first group. */
export function compilePhrase(anchors: readonly string[], { before, after }: Phrase): RegExp {
  const anchor = anchorPattern(anchors)
  const found = `${anchor}${spaced(after)}`
  if (before === '') return new RegExp(found, 'y')
  // What costs least is tried first: the anchor; then what stands before it, unless that roams.
  const first = before.includes('[^') ? found : anchor
  return new RegExp(`(?=${first})(?<=(${wholeWord}${spaced(before)}))${found}`, 'y')
}

/** A pattern for any of these anchors. */
export function anchorPattern(anchors: readonly string[]): string {
  return `(?:${anchors
    .map(
      (anchor) =>
        anchor.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') + (shortWord.test(anchor) ? '(?![a-z0-9])' : ''),
    )
    .join('|')})`
}

/** A pattern for up to `most` words whatever they are, each with what separates it from the next. */
export function words(most: number): string {
  // At least one separator: otherwise one word could be read as several, in exponentially many ways.
  return `(?:[a-z0-9]{1,16}${separator}{1,4}){0,${most}}?`
}

// Not within a word, where what follows is a letter.
const wholeWord = '(?<![a-z0-9](?=[a-z0-9]))'
const shortWord = new RegExp(`^[a-z]{1,${stemLength - 1}}$`)

// The separators may be missing: in some texts the spaces were taken out.
function spaced(pattern: string): string {
  return pattern.replaceAll(' ', `${separator}{0,4}`)
}
