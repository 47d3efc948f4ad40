import { after, alone, around, before, type RuleSet, words } from './rule.ts'

const persona =
  '(?:you are|you re\\b|you will|you ll be|consider yourself|act(?:ing)? (?:as|like)|pretend|imagine you|role ?play|simulat|assume the role|take the role|answer as|respond (?:both )?as|be my|behave|stay in|switch to|enter|enabl|activat|name is|an ai|assistant named|chatbot|ais have)'
const none = '\\b(?:no|zero|without|lacks?|free (?:of|from)|not bound by|nor|ignor(?:es|ing))\\b'

/** English phrases that ask the model to be somebody without rules. */
export const personaRules: RuleSet = {
  reason: 'persona_jailbreak',
  groups: [
    {
      anchors:
        'restriction, limit, rules, guideline, filter, polic, ethic, moral, constraint, ' +
        'obligation, boundar, safety, refusal, disclaimer, censor, safeguard, guardrail, ' +
        'content polic',
      phrases: [
        before(0.4, `${none} (?:any |all )?${words(1)}`),
        before(1, `${persona}[^]{0,130}?${none} ${words(3)}`),
        around(
          1,
          `${persona}[^]{0,100}?`,
          `[a-z]{0,4} ${words(2)}(?:lifted|off|disabled|removed|not exist|not apply|never|crash|broke|fail|missing|gone)`,
        ),
      ],
    },
    {
      anchors: 'unrestricted, unfiltered, uncensored, amoral, unethical, jailbr, unlocked',
      phrases: [
        alone(0.4),
        before(1, `${persona}[^]{0,130}?`),
        after(0.7, ' (?:mode|version|assistant|chatbot|ai|model|language model|and ready)'),
      ],
    },
    {
      anchors: 'anything, everything, whatever, every',
      phrases: [
        around(0.8, '(?:can |may |will )?(?:do|say|answers?) ', ' (?:now|you want|without)'),
        before(0.8, `${persona}[^]{0,130}?(?:can|may|will|to) (?:do|say|generate|answer) `),
      ],
    },
    { anchors: 'refus, declin', phrases: [before(0.4, 'you (?:normally|usually|would) ')] },
    { anchors: 'refus, declin, apolog', phrases: [before(0.7, `${persona}[^]{0,130}?never `)] },
    {
      anchors: 'bound, freed, broken, liberated',
      phrases: [around(0.7, `${persona}[^]{0,130}?(?:not|no longer|has|been)? `, ' (?:by|free|from|of)')],
    },
    {
      anchors: 'bypass, ignor',
      phrases: [around(0.6, `${persona}[^]{0,130}?(?:can|to|will|not care) `, ' (?:any|every|all|your|the)')],
    },
    {
      anchors: 'care',
      phrases: [
        around(
          0.6,
          `${persona}[^]{0,130}?(?:not|[a-z]{1,6}n t) `,
          ' about (?:rules|ethic|polic|laws|guidelines)',
        ),
      ],
    },
    {
      anchors: 'mode',
      phrases: [
        before(0.5, '(?:developer|debug|god|jailbreak|admin|unrestricted|dan|sudo|evil|opposite(?: day)?) '),
        before(
          0.8,
          '(?:enabl[a-z]{1,3}|enter|activat[a-z]{1,3}|switch to|simulate|into) (?:developer|debug|god|jailbreak|admin|unrestricted|dan|sudo|evil|opposite(?: day)?) ',
        ),
      ],
    },
    {
      anchors: 'dan, stan, aim, dude',
      phrases: [
        around(
          0.8,
          '(?:you are|you re|become|answer as|respond as|act as) (?:now )?',
          '(?:[.,:;!]| (?:which|who|stands|an |always|mode|and ))',
        ),
      ],
    },
    { anchors: 'character', phrases: [before(0.3, '(?:stay|remain|break|breaking) (?:in )?')] },
    {
      anchors: 'longer',
      phrases: [
        around(0.6, 'you (?:are )?(?:now )?no ', ' (?:an assistant|bound|have|need to|required|restricted)'),
      ],
    },
    {
      anchors: 'freed',
      phrases: [
        around(
          0.8,
          'you (?:have been|are|were) ',
          ` from ${words(3)}(?:confines|rules|restrictions|limits|chains)`,
        ),
      ],
    },
    {
      anchors: 'evil, rogue, unethical, malicious',
      phrases: [
        around(0.6, `${persona}[^]{0,40}?`, ` ?${words(1)}(?:bot|ai|assistant|twin|version|model)`),
        after(0.4, 'bot'),
      ],
    },
    {
      anchors: 'grandm, grandf',
      phrases: [
        after(
          1,
          '[^]{0,60}?used to (?:read|tell|recite)[^]{0,40}?(?:key|password|code|confidential|secret|serial)',
        ),
      ],
    },
  ],
}
