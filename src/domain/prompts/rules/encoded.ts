import { after, alone, around, type RuleSet, words } from './rule.ts'

const act =
  '\\b(?:follow(?!ing|s|ed)|obey|execute(?!d|s)|do what|carry out|comply|act on|do as|do exactly|perform what|as instructions|instruction inside|command inside|do (?:it|that)\\b|what (?:they|it) (?:ask|say|describe)|answer it|run it|treat it)'

/** English phrases that ask the model to obey what it decodes. */
export const encodedRules: RuleSet = {
  reason: 'encoded_payload',
  groups: [
    {
      anchors:
        'decod, base64, base32, rot13, hex, morse, binary, caesar, url-decod, backwards, unscrambl, decrypt, decipher',
      phrases: [after(1, `[^\\n]{0,110}?${act}`), after(0.3, '[^\\n]{0,40}?(?:silently|without showing)')],
    },
    { anchors: 'reversed, payload, convert, translate from', phrases: [after(0.6, `[^\\n]{0,110}?${act}`)] },
    { anchors: 'interpret', phrases: [after(0.6, ` ${words(3)}as (?:instructions|commands)`)] },
    {
      anchors: 'execut',
      phrases: [
        after(
          0.7,
          `(?:e|ing) (?:the |any )?(?:instructions?|commands?|payload) ${words(2)}(?:inside|contained|hidden|encoded|within)`,
        ),
      ],
    },
    { anchors: 'what', phrases: [around(1, 'do ', ' [a-z] ?\\+ ?[a-z]')] },
    {
      anchors: 'letter',
      phrases: [around(1, '(?:first|initial|last|every (?:second|third|other)) ', `[^\\n]{0,60}?${act}`)],
    },
    { anchors: 'join, concatenat', phrases: [after(0.9, `[a-z]{0,3} (?:these|the|all)[^\\n]{0,60}?${act}`)] },
    { anchors: 'vtaber, vafgehpgvba, cebzcg', phrases: [alone(0.6)] },
    { anchors: 'snoitcurtsni, tpmorp, selur', phrases: [alone(0.5)] },
    { anchors: 'erongi, suoiverp', phrases: [alone(0.5)] },
  ],
}
