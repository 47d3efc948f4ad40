import { around, before, type RuleSet, words } from './rule.ts'

const ask =
  '(?:reveal|show|print|output|repeat|tell|give|display|dump|leak|shar|expos|disclos|list|write|copy|recit|quot|spell|encod|translat|summar|return|send|recall|begin|read|past|provid|repl|what (?:is|s|are|were|does|do)|whats)[a-z]{0,3}'
const own = '(?:your|ur)'
const secret =
  '(?:system|hidden|secret|initial|original|exact|internal|confidential|full|entire|complete|custom|developer|configuration|starting|base)'
const given = `(?:defines? your|you (?:were|are|have been|had|operate|received|got|run)|that (?:we|they|i) ${words(1)}you)`

/** English phrases that ask for the system prompt, or for what stands above. */
export const extractionRules: RuleSet = {
  reason: 'prompt_extraction',
  groups: [
    {
      anchors:
        'prompt, instruction, guideline, rules, directive, configuration, ' +
        'context window, pre-prompt, preprompt',
      phrases: [
        before(1, `${ask} ${words(6)}${own} ${words(1)}${secret} ${words(2)}`),
        before(0.8, `${ask} ${words(4)}${own} ${words(1)}`),
        before(0.5, `${ask} ${words(4)}its ${words(2)}`),
        around(
          0.7,
          `${ask} (?:me )?${words(3)}(?:the|all|any) ${words(2)}${secret} ${words(1)}`,
          '(?![a-z]{0,2} to (?:the )?(?:console|log|file|screen))',
        ),
        around(1, `${ask} ${words(4)}${secret} ${words(1)}`, `[a-z]{0,2} ${words(3)}${given}`),
        around(0.7, `${ask} ${words(6)}`, `[a-z]{0,2} ${words(3)}${given}`),
        around(
          1,
          '(?:which|what) ',
          '[a-z]{0,2} (?:do you (?:follow|operate|work|have|obey)|are you (?:following|given|under|bound)|were you given|did you (?:get|receive)|have you (?:been|got))',
        ),
        around(0.4, 'my ', '[a-z]{0,2} (?:allow|permit|let) '),
        around(0.6, 'my ', `[a-z]{0,2} ${words(6)}(?:not disclose|not reveal|secret)`),
        around(0.6, '(?:hidden|secret|confidential) ', '(?! injection)'),
      ],
    },
    {
      anchors: 'message',
      phrases: [
        before(1, `${ask} ${words(6)}your ${words(1)}(?:system|developer|hidden|initial|first) `),
        before(0.7, `${ask} ${words(6)}the ${words(1)}(?:first system|system|developer|hidden) `),
        before(0.6, 'first system '),
      ],
    },
    {
      anchors: 'above, preceding, starting, starts',
      phrases: [
        before(
          1,
          `${ask} (?:me )?(?:back )?(?:everything|all|the (?:words|text|content|message|messages|paragraph|lines?|sentences?|prompt)) ${words(3)}`,
        ),
      ],
    },
    {
      anchors: 'before',
      phrases: [
        around(
          0.8,
          `${ask} (?:me )?(?:everything|all|the (?:words|text|content|message|messages)) ${words(3)}`,
          ' (?:this|my)',
        ),
      ],
    },
    {
      anchors: 'told, given, configured, programmed, instructed',
      phrases: [
        around(
          1,
          `${ask} ${words(4)}you (?:were|are|have been|had been) `,
          ` ${words(3)}(?:at the (?:top|start|beginning)|before)`,
        ),
        before(
          0.7,
          `(?:what|which|all|everything|rules|text|list|stuff|things|words) ${words(4)}(?:you (?:were|are|have been|had been)|(?:were|are) you) `,
        ),
      ],
    },
    {
      anchors: 'developer, creator, maker, company',
      phrases: [
        around(1, `${ask} ${words(4)}your `, `s? ${words(2)}(?:wrote|told|gave|said|put)`),
        around(0.4, `${ask} ${words(4)}the `, `s? ${words(2)}(?:wrote|told|gave|put)`),
      ],
    },
    {
      anchors: 'verbatim, word for word, letter by letter, without omitting',
      phrases: [before(0.3, `${ask}[^]{0,80}?`)],
    },
    {
      anchors: "role system, role 'system'",
      phrases: [before(0.7, `${ask} ${words(3)}messages ${words(2)}`)],
    },
    { anchors: 'confidential', phrases: [before(0.3, 'marked ')] },
  ],
}
