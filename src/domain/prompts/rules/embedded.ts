import { after, around, before, type RuleSet, words } from './rule.ts'

const strictAi =
  '(?:ais?|llms?|language models?|chatgpt|copilot|chatbots?|ai (?:assistants?|agents?|models?)|assistants?)\\b'
const order =
  '(?:ignore|tell|reply|say|do not|add|recommend|search|you|must|rank|forward|send|mark|state|stop|respond|always|never|when|if|once)\\b'
const call =
  '(?:notes?|attention|instructions?|message|notice|important|hint|reminder) (?:for|to) (?:the |any |all |automated )?'
const reading =
  '(?:reading|processing|screening|working on|reviewing|summari[sz]ing|analy[sz]ing|(?:that|who) (?:reads?|process(?:es)?|summari[sz]es?))'

/** English phrases that speak to the model from within a document, past its reader. */
export const embeddedRules: RuleSet = {
  reason: 'embedded_instruction',
  groups: [
    { anchors: '<!--, [//]', phrases: [after(1, `[^<>]{0,60}?\\b${strictAi}[^<>]{0,120}?\\b${order}`)] },
    {
      anchors: 'ai, ais, llm, llms, language model, chatgpt, copilot, assistant, chatbot, summaris, summariz',
      phrases: [
        around(1, `${call}${words(1)}`, '[a-z]{0,4} [^]{0,40}?(?:read|process|screen|summari|review|[:,])'),
        around(0.8, '(?:dear|attention|hey|hello) (?:any |all |the )?', '[a-z]{0,4} [^]{0,30}?[:,]'),
        before(0.3, call),
        around(
          1,
          '(?:if you are|if you re) an? ',
          `[a-z]{0,4} ${words(3)}(?:read|process|you must|you are required|reply|you have|summari|review)`,
        ),
        around(0.7, 'as an? ', `[a-z]{0,4} ${words(3)}(?:you must|you are required|you have to)`),
        around(1, `when (?:the|an|you) (?:ai )?`, `[a-z]{0,4} ${words(1)}reads? this`),
        after(0.8, ' (?:instruction|note)s? ?:'),
        after(0.9, `[a-z]{0,4} ${words(1)}${reading} ${words(1)}(?:this|these)\\b`),
        after(
          1,
          `[a-z]{0,4} ${words(1)}${reading} (?:this|these|the) ${words(3)}(?:must|shall|should|have to|are to)\\b`,
        ),
        around(1, '[(\\[{] ?(?:to the |dear )?(?:ai )?', `[a-z]{0,4} ?[:,] ${words(1)}${order}`),
        around(
          0.7,
          '(?:^|\\n|[>-] ?|\\. )(?:to the |dear )?(?:ai )?',
          `[a-z]{0,4} ?[:,] ${words(1)}${order}`,
        ),
        around(0.4, 'to the (?:ai )?', '[a-z]{0,4} ?:'),
      ],
    },
    {
      anchors: 'agent, model, bots',
      phrases: [
        around(
          0.9,
          `${call}(?:ai |language |automated )`,
          '[a-z]{0,4} [^]{0,40}?(?:read|process|screen|summari|review|[:,])',
        ),
        around(0.8, '(?:dear|attention|hey|hello) (?:ai |language )', '[a-z]{0,4} [^]{0,30}?[:,]'),
        around(
          1,
          'if you are an? (?:ai |language )',
          `[a-z]{0,4} ${words(3)}(?:read|process|you must|you are required|reply|you have|summari|review)`,
        ),
        around(0.9, '(?:ai |language )', `[a-z]{0,4} ${reading} ${words(1)}(?:this|these)\\b`),
        around(
          0.5,
          '(?:automated |whichever |whatever )',
          '[a-z]{0,4} (?:that |who )?(?:reads?|process|handl|[:,])',
        ),
      ],
    },
    {
      anchors: 'display, font-size, visibility',
      phrases: [after(0.4, ' ?:? ?(?:none|hidden|0(?:px)?\\b)')],
    },
    { anchors: 'priority', phrases: [around(0.4, 'has ', ' over')] },
    { anchors: 'rank, rate', phrases: [after(0.4, '(?:e|ing)? (?:this|every|him|her|the) ')] },
    { anchors: 'positive, excellent', phrases: [before(0.4, '(?:give|giving) (?:it )?(?:a |only )?')] },
    { anchors: 'competitor', phrases: [before(0.4, 'not mention (?:the |any )?')] },
    { anchors: 'instead', phrases: [after(0.3, ' (?:tell|reply|say|recommend|write|answer|respond)')] },
    { anchors: 'task', phrases: [around(0.4, '(?:your new|the new) ', ' (?:is|will)')] },
  ],
}
