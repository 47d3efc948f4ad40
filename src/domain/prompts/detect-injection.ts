import { decodePayloads } from './decode-payloads.ts'
import { undisguise } from './disguises.ts'
import { findPassage } from './find-passage.ts'
import { foldText } from './fold-text.ts'
import { hidesCharacters, tagText } from './hidden-characters.ts'
import type { InjectionReason } from './rules/rule.ts'
import { stripInvisible } from './strip-invisible.ts'

/** What the detector thinks of a text. `reasons` is empty exactly where it is not suspicious; the strongest comes first. */
export interface Detection {
  readonly suspicious: boolean
  readonly reasons: readonly InjectionReason[]
}

/**
 * Says whether a text, as it arrived, looks like an attempt to take over the model. Detection and no more: whoever knows the rules can word an
 * attack past them, and harmless texts are flagged. Reads all of the text in linear time; never throws.
 */
export function detectInjection(text: string): Detection {
  const visible = stripInvisible(text)
  const reasons = new Set<InjectionReason>()
  if (visible !== text) {
    if (hidesCharacters(text)) reasons.add('hidden_characters')
    const said = tagText(text)
    if (said !== '') addAll(reasons, findPassage(foldText(said)))
  }
  const folded = foldText(visible)
  addAll(reasons, findPassage(folded))
  for (const { text: plain, disguise } of undisguise(folded)) addAll(reasons, findPassage(plain, disguise))
  for (const decoded of decodePayloads(visible)) {
    addAll(reasons, findPassage(foldText(decoded), { reason: 'encoded_payload', weight: 0.3 }))
  }
  return reasons.size === 0 ? unsuspicious : { suspicious: true, reasons: [...reasons] }
}

const unsuspicious: Detection = { suspicious: false, reasons: [] }

function addAll(reasons: Set<InjectionReason>, found: readonly InjectionReason[] | undefined): void {
  for (const reason of found ?? []) reasons.add(reason)
}
