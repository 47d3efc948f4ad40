import { after, around, before, type RuleSet } from './rule.ts'

const lineStart = '(?:^|\\n)[^a-z0-9]{0,6}'

/** Markers that separate the turns of a conversation in the formats that models are trained on, and claims that only a system could make. */
export const turnMarkerRules: RuleSet = {
  reason: 'fake_turn',
  groups: [
    {
      anchors: '<|',
      phrases: [
        after(1, '(?:im_start\\|>\\s?(?:system|developer)|system\\|>|start_header_id\\|>\\s?system)'),
        after(0.4, '[a-z_]{2,24}\\|>'),
      ],
    },
    { anchors: '<<sys', phrases: [after(0.8, '>>\\s?[a-z0-9]')] },
    { anchors: '[inst, [/inst', phrases: [after(0.3, '\\]')] },
    { anchors: '<start_of_turn, <end_of_turn', phrases: [after(0.5, '>')] },
    {
      anchors: '</system, </user, </assistant, <admin, <system, <assistant, </document',
      phrases: [
        after(0.5, '[a-z_]{0,16}>\\s{0,3}(?:$|[a-z<])'),
        after(0.5, '[a-z_]{0,16}> ?(?:you|the|i have|set|ignore|forget|grant|from)'),
      ],
    },
    {
      anchors: '[system, [[system, [admin',
      phrases: [after(0.7, '(?: (?:message|note|prompt|override|instruction|update)\\]?|\\]\\(|\\])')],
    },
    { anchors: 'instruction', phrases: [around(0.4, '### ?', 's?:?\\n')] },
    { anchors: 'response', phrases: [around(0.2, '### ?', ':?(?:\\n|$)')] },
    {
      anchors: 'system, admin',
      phrases: [
        around(0.5, lineStart, '(?: (?:message|note|prompt|override|update))?\\s?:'),
        around(0.8, '(?:^|\\n)#{1,6} ?(?:new )?', '(?: prompt| message)?\\s?:?\\n'),
        around(0.5, '(?:begin|end) (?:new )?', ' (?:prompt|message|instructions)'),
      ],
    },
    { anchors: 'override', phrases: [around(0.4, '(?:system|admin|developer|root) ', '\\s?:')] },
    { anchors: 'assistant', phrases: [around(0.4, lineStart, '\\s?:\\s?[a-z]')] },
    { anchors: 'developer, operator', phrases: [around(0.4, lineStart, '\\s?:\\s?[a-z]')] },
    { anchors: 'role', phrases: [after(0.8, ' ?= ?["\']?system')] },
    { anchors: 'user, human', phrases: [around(0.3, lineStart, '\\s?:')] },
    { anchors: `"role", 'role'`, phrases: [after(0.4, '\\s?:\\s?["\']system')] },
    {
      anchors: 'end',
      phrases: [after(0.5, ' of (?:user|document|bio|input|prompt|message|text|context)(?![a-z])')],
    },
    { anchors: 'refusal', phrases: [after(0.5, 's? (?:are|is) (?:forbidden|disabled|not)')] },
    {
      anchors: 'checks, filters',
      phrases: [around(0.5, '(?:safety|all|security|content) ', ' (?:are |is )?(?:off|disabled)')],
    },
    { anchors: 'privileges, clearance', phrases: [after(0.5, ' (?:raised|elevated|granted|level)')] },
    { anchors: 'verified, trusted', phrases: [before(0.4, 'user (?:is|has been|was) (?:a )?')] },
    { anchors: 'exempt', phrases: [after(0.5, ' from (?:moderation|polic|filter|the rules)')] },
    { anchors: 'allowed', phrases: [around(0.5, 'you are now ', ' to')] },
    { anchors: 'reveal', phrases: [before(0.4, '(?:may|can) now ')] },
  ],
}
