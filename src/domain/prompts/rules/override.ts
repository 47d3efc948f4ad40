import { after, around, before, type Phrase, type RuleSet, words } from './rule.ts'

const prior =
  '(?:previous|prior|preceding|above|earlier|foregoing|initial|original|existing|former|system|developer|past)(?:ly)?'
const nouns =
  'instruct, prompt, directive, guideline, rule, constraint, restriction, programming, polic, protocol, guardrail, ' +
  'safeguard, safety, filter, limitation, training, configuration, directions, commands'
const noun = `(?:${nouns.replaceAll(', ', '|')})[a-z]{0,4}`
// "The instructions on the packet" are about a thing; "the rules in the system prompt" are the model's.
const notOfAThing =
  '(?! (?:on|for|of|from|about|in|to|by|with) (?:the|my|our|a|an|his|her|their|its) (?!system|prompt|developer|chat|conversation|above|message|text|session))'
const voided =
  '(?:are|is|have been|has been|have|has|were|was|be) (?:[a-z]{1,12} ){0,3}(?:void|null|expired|gone|cancel|suspend|overrid|revok|delet|withdrawn|outdated|lifted|obsolete|invalid|no longer)'
// "Ignores" and "ignored" tell what happens; only "ignore" and "ignoring" ask for it.
const verbEnd = '(?:ing|e)?(?!e?[ds](?![a-z]))'
const you =
  '(?:you (?:were|are|ve been|have been|received|got|had)|(?:placed |put |imposed )?on you|given to you)'

const disobedience = [
  after(
    1,
    `${verbEnd} (?!my )(?:(?:all|any|every|the|of) ?){0,4}${words(3)}${prior} ${words(2)}${noun}${notOfAThing}`,
  ),
  after(0.5, `${verbEnd} ${words(4)}${prior} ${words(2)}${noun}`),
  after(1, `${verbEnd} ${words(4)}(?:your|ur) ${words(3)}${noun}`),
  after(
    1,
    `${verbEnd} (?:everything|anything|whatever|what) (?!i |we |my )${words(3)}(?:above|before|prior|previous|earlier|${you}|told you|the system)`,
  ),
  after(
    1,
    `${verbEnd} all (?:of )?(?:that|this|what|the above|of it) ${words(2)}(?:above|before|came|${you})`,
  ),
  after(
    1,
    `${verbEnd} (?:(?:all|any|every|each|the|these|those|of) ){1,4}${noun} ${words(2)}(?:above|before|given|in the system|so far|of this (?:chat|conversation)|completely|and )`,
  ),
  after(1, `${verbEnd} ${words(2)}${noun} (?:that |which )?${words(4)}${you}`),
  after(
    1,
    `${verbEnd} ${words(2)}(?:operator|developer|owner|company|creator|maker|provider)s? (?:s )?${words(1)}${noun}`,
  ),
  after(0.6, `${verbEnd} (?:all of )?the above`),
  after(0.3, `${verbEnd} (?:them|it|that)(?![a-z])`),
]

/** English phrases that tell the model to drop, replace or disobey its instructions. */
export const overrideRules: RuleSet = {
  reason: 'instruction_override',
  groups: [
    {
      anchors: 'ignor, disregard, forget, neglect, discard, disobey, erase, erasing, delete',
      phrases: [
        ...disobedience,
        after(1, `${verbEnd} ${words(2)}(?:system|developer) (?:prompt|message|instruct|rule)`),
      ],
    },
    // Programmers override, too.
    { anchors: 'overrid, overwrit', phrases: disobedience },
    {
      anchors: 'follow, obey',
      phrases: disobedience.map((phrase) => led('(?:not|[a-z]{1,6}n t|dont|stop|have to|quit) ', phrase)),
    },
    {
      anchors: 'follow, obey',
      phrases: [
        around(
          1,
          '(?:not|[a-z]{1,6}n t|dont|stop|quit) ',
          `(?:ing)? ${words(2)}(?:system|developer) (?:prompt|message)`,
        ),
      ],
    },
    {
      anchors: 'attention',
      phrases: disobedience.map((phrase) => led('no ', { ...phrase, after: ` to${phrase.after}` })),
    },
    { anchors: 'aside', phrases: disobedience.map((phrase) => led('set ', phrase)) },
    {
      anchors: 'opposite',
      phrases: disobedience.map((phrase) => ({ ...phrase, after: ` of${phrase.after}` })),
    },
    {
      anchors: 'cancel, revok, skip, drop, bypass, disabl, suspend, remov, circumvent, abandon, violat',
      phrases: [
        after(1, `${verbEnd} ${words(2)}your ${words(3)}${noun}`),
        after(0.6, `${verbEnd} (?:all|any|every) ${words(1)}${prior} ${words(1)}${noun}${notOfAThing}`),
        around(
          1,
          'you (?:will|must|should|shall|re going to|are going to|have to) ',
          `${verbEnd} (?:all|any|every|the) ${words(1)}${prior} ${words(1)}${noun}${notOfAThing}`,
        ),
        after(0.6, `${verbEnd} the instructions above`),
        after(0.6, `${verbEnd} all (?:safety |content )?(?:filters|restrictions|safeguards|safety)`),
      ],
    },
    {
      anchors: nouns,
      phrases: [
        after(0.4, `[a-z]{0,4} ${words(3)}${voided}`),
        after(0.7, `[a-z]{0,4} ${you} ${words(2)}${voided}`),
        around(1, `(?:your|all (?:previous|prior|earlier)) ${words(2)}`, `[a-z]{0,4} ${words(3)}${voided}`),
        around(0.7, `(?:previous|prior|earlier|above) ${words(2)}`, `[a-z]{0,4} ${words(3)}${voided}`),
        around(
          0.5,
          `(?:previous|prior|earlier|above) `,
          `[a-z]{0,4} ${words(7)}(?:disregard|ignore|forget) (?:them|it|these|those)`,
        ),
        around(0.5, 'new (?:system )?', '[a-z]{0,4}(?: (?:are|is|start|begin|follow|in force)| ?:)'),
        around(0.7, '(?:real|actual|true) (?:system )?', '[a-z]{0,4}(?: (?:are|is|start|begin|follow)| ?:)'),
        around(1, 'your system ', `[a-z]{0,4} ${words(6)}(?:overrid|ignor|replac)`),
        before(0.6, '(?:turn|switch) off (?:all |your )?'),
        before(0.4, 'no more '),
      ],
    },
    {
      anchors: 'task, directive, goal, role, purpose, objective, job',
      phrases: [
        around(
          0.7,
          `your (?:new|real|true|actual|sole|primary) ${words(1)}`,
          ` ${words(2)}(?:is|are|will|now)`,
        ),
        around(0.5, `your (?:only|sole) ${words(1)}`, ' '),
      ],
    },
    {
      anchors: 'follow, obey',
      phrases: [
        after(
          0.6,
          '(?:ing)? (?:only )?(?:mine|my (?:instructions|commands|rules|orders)|these instead|this instead|only (?:what|my|me)|the command)',
        ),
        after(0.5, '(?:s|ing)? (?:only )?(?:me|us|the user|user)(?![a-z])'),
      ],
    },
    {
      anchors: 'comply, complies, complying',
      phrases: [
        after(
          0.5,
          ` with (?:the user|(?:every|all|any|each|the following) ${words(1)}(?:request|command|instruction|order|question|claim))`,
        ),
      ],
    },
    {
      anchors: 'longer',
      phrases: [around(0.4, 'no ', ' (?:appl(?:y|ies)|bound|valid|restricted|have to|need to)')],
    },
    { anchors: 'refus', phrases: [before(0.4, 'never ')] },
    { anchors: 'question', phrases: [around(0.4, 'without ', '(?![a-z])')] },
    {
      anchors: 'now',
      phrases: [
        around(
          0.3,
          '(?:from|as of) ',
          ` (?:on )?${words(1)}(?:you|follow|obey|ignore|the rules|always|never)`,
        ),
      ],
    },
  ],
}

function led(by: string, phrase: Phrase): Phrase {
  return { ...phrase, before: by }
}
