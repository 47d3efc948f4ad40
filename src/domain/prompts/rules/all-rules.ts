import { embeddedRules } from './embedded.ts'
import { encodedRules } from './encoded.ts'
import { exfiltrationRules } from './exfiltration.ts'
import { extractionRules } from './extraction.ts'
import {
  latinEmbeddedRules,
  latinExtractionRules,
  latinOverrideRules,
  latinPersonaRules,
} from './latin-languages.ts'
import {
  otherExfiltrationRules,
  otherExtractionRules,
  otherOverrideRules,
  otherPersonaRules,
} from './other-scripts.ts'
import { overrideRules } from './override.ts'
import { personaRules } from './persona.ts'
import type { RuleSet } from './rule.ts'
import { turnMarkerRules } from './turn-markers.ts'

/** Every rule of the detector. */
export const allRules: readonly RuleSet[] = [
  overrideRules,
  personaRules,
  extractionRules,
  turnMarkerRules,
  exfiltrationRules,
  embeddedRules,
  encodedRules,
  latinOverrideRules,
  latinExtractionRules,
  latinPersonaRules,
  latinEmbeddedRules,
  otherOverrideRules,
  otherExtractionRules,
  otherPersonaRules,
  otherExfiltrationRules,
]
