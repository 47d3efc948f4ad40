import type { Disguise } from './find-passage.ts'
import { mapUnits } from './map-units.ts'

/** A folded text with a disguise taken off. */
export interface Undisguised {
  readonly text: string
  readonly disguise: Disguise
}

/**
 * Yields readings of a folded text in which letters of other scripts, digits and symbols that stand for letters, and letters spelt one
 * by one are plain words; where it speaks of such a thing, also read backwards or rotated by 13. Mostly nothing.
 */
export function* undisguise(text: string): Generator<Undisguised, void, undefined> {
  if (mixedScripts.test(text)) yield respelt(mapped(text, lookalikes), text)
  if (spellsWithDigits(text)) yield respelt(mapped(text, leet), text)
  if (isSpelt(text)) yield joined(text)
  if (reversal.test(text)) yield { text: reversed(text), disguise: encoding }
  if (rotation.test(text)) yield { text: mapUnits(text, rotated), disguise: { ...encoding, original: text } }
}

const encoding: Disguise = { reason: 'encoded_payload', weight: 0.2 }

const mixedScripts = /[a-z][\u0370-\u052f]|[\u0370-\u052f][a-z]/
const lookalikes = unitMap('аеорсухіјѕһԁԛԝкмтвнӏьпгοαινρτυκεχϲηγ', 'aeopcyxijshdqwkmtbhlbnroaivptukexcny')

// The digit comes first: it is rarer than letters, and the search for it alone is cheap. Since words with digits are common in technical
// text, only those count that become the beginning of a telling one.
const digitInWord = /[013457@$](?:(?<=[a-z].)[a-z]|(?<![a-z0-9].)[a-z]{2})/
const digitWord = /(?<![a-z0-9@$])[a-z]{0,3}[013457@$][a-z0-9@$]{2,14}/g
const leet = unitMap('013457@$', 'oieastas')
const telling =
  /^(?:ignor|disreg|forget|overrid|bypass|previ|prior|instruct|system|prompt|rules|reveal|guidel|filter|restrict|jailbr|unfilt|uncens|everyth|anyth|pretend)/

const speltRuns = /(?<![a-z0-9])[a-z](?:[ ._*/|~,-]{1,3}[a-z](?![a-z0-9])){4,}/g
const speltLettersMin = 5
const separatorsMax = 3

const reversal = /\b(?:backwards?|revers(?:e|ed)|erongi|snoitcurtsni|tpmorp|ruckwarts|a l'envers|al reves)\b/
const rotation = /\b(?:rot ?-?13|caesar|vtaber|vafgehpgvbaf|cebzcg)\b/

function respelt(text: string, original: string): Undisguised {
  return { text, disguise: { reason: 'obfuscation', weight: 0.4, original } }
}

function mapped(text: string, letters: ReadonlyMap<number, number>): string {
  return mapUnits(text, (unit) => letters.get(unit) ?? unit)
}

function spellsWithDigits(text: string): boolean {
  if (!digitInWord.test(text)) return false
  for (const [word] of text.matchAll(digitWord)) if (telling.test(mapped(word, leet))) return true
  return false
}

// Says what the expression for runs would, only cheaper, and of a few texts more: whether words of one letter follow one another.
function isSpelt(text: string): boolean {
  let run = 0
  let lastLetter = -separatorsMax
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x61 || unit > 0x7a) continue
    const distance = i - lastLetter
    lastLetter = i
    if (distance > 1 && run === speltLettersMin) return true
    run = distance === 1 ? 0 : distance <= separatorsMax + 1 ? run + 1 : 1
  }
  return run === speltLettersMin
}

function joined(text: string): Undisguised {
  let original = ''
  let from = 0
  const plain = text.replaceAll(speltRuns, (run: string, offset: number) => {
    const word = joinLetters(run)
    original += text.slice(from, offset) + '\0'.repeat(word.length)
    from = offset + run.length
    return word
  })
  return respelt(plain, original + text.slice(from))
}

// Where punctuation stands between the letters, spaces stand between the words; otherwise more than one space does.
function joinLetters(run: string): string {
  return /[._*/|~,-]/.test(run) ? run.replaceAll(/[._*/|~,-]/g, '') : run.replaceAll(/(?<! ) (?! )/g, '')
}

function reversed(text: string): string {
  let index = text.length
  return mapUnits(text, () => text.charCodeAt(--index))
}

function rotated(unit: number): number {
  return unit >= 0x61 && unit <= 0x7a ? ((unit - 0x61 + 13) % 26) + 0x61 : unit
}

function unitMap(from: string, to: string): ReadonlyMap<number, number> {
  return new Map([...from].map((char, i) => [char.charCodeAt(0), to.charCodeAt(i)]))
}
