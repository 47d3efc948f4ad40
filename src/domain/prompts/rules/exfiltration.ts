import { after, alone, around, before, type RuleSet, words } from './rule.ts'

// An order: at the start of a sentence or after a word that leads one in. Documentation says "to send", "sends", "you can send".
const lead =
  '(?<=(?:^|[\\n.!?:;,>"\\[(-]) ?|\\b(?:and|then|please|must|should|shall|will|always|also|now|silently|secretly|you to|has to|have to|answer|message) )'
const send = `${lead}(?:send|forward|post|upload|mail|e-?mail|transmit|leak|append|include|put|exfiltrate|share|copy|attach|encode|base64 encode|call|invoke|open|fetch|load|make|take|write|collect|render|submit|report) `
const elsewhere = `(?:https?:|ftp:|[a-z0-9._-]{0,30}@[a-z]|webhook|subdomain|(?:my|our|this) ${words(1)}(?:server|endpoint|url))`

/** English phrases that ask for data to be sent elsewhere, by a tool, a link or an image. */
export const exfiltrationRules: RuleSet = {
  reason: 'exfiltration',
  groups: [
    {
      anchors:
        'chat history, chat log, conversation, system prompt, system_prompt, password, api key, secrets, credential, session cookie, ' +
        'session token, environment, env file, credit card, id_rsa, everything i, everything the user, last user message, last message, latest message, personal data',
      phrases: [
        around(1, `${send}${words(9)}`, `[^\\n]{0,70}?${elsewhere}`),
        before(0.8, `${send}${words(8)}${elsewhere}[^\\n]{0,80}?`),
      ],
    },
    {
      anchors:
        'token, customer, private, memory, email, e-mail, phone number, address, card number, contacts, contents of, inbox, mailbox, calendar',
      phrases: [
        around(
          1,
          `${send}${words(3)}(?:every|all|each|the (?:complete|entire|whole)) ${words(5)}`,
          `[^\\n]{0,70}?${elsewhere}`,
        ),
        around(0.6, `${send}${words(9)}`, `[^\\n]{0,70}?${elsewhere}`),
        before(0.5, `${send}${words(8)}${elsewhere}[^\\n]{0,80}?`),
      ],
    },
    {
      anchors: 'public, pull request',
      phrases: [
        before(1, `${send}${words(6)}(?:passwords?|secrets?|credentials?|api keys?)\\b[^\\n]{0,60}?`),
      ],
    },
    {
      anchors: 'http',
      phrases: [
        after(
          0.7,
          's?:[^\\s)]{3,200}?[?=/](?:\\{|<|%7b|\\[)[a-z_ ]{0,30}(?:system.prompt|session.token|password|secret|history|conversation|message)',
        ),
        around(0.4, `${send}[^\\n]{0,60}?`, 's?:[^\\s)]{3,200}?[?&][a-z_]{1,12}=(?:\\s|$)'),
      ],
    },
    {
      anchors: '![',
      phrases: [
        after(
          0.7,
          '[^\\]\\n]{0,80}\\]\\(https?:[^)\\s]{0,200}(?:[{<]|%7b|[?&][a-z_]{1,16}=(?:conversation|data|secret|history)\\b)',
        ),
      ],
    },
    {
      anchors: 'image, link, url, pixel',
      phrases: [
        after(
          0.6,
          ` ${words(5)}(?:contain|with|append|includ|encod)[a-z]{0,3} ${words(5)}(?:user s|the user|conversation|password|secret|history|prompt)\\b`,
        ),
      ],
    },
    {
      anchors: 'mention, tell, telling, inform, asking, showing, notify',
      phrases: [
        around(
          0.4,
          '(?:not|[a-z]{1,6}n t|without) ',
          `(?:ing)? ${words(3)}(?:user|owner|anybody|anyone|reader|human|it\\b|this)`,
        ),
      ],
    },
    { anchors: 'silently, secretly, exfiltrat', phrases: [alone(0.4)] },
    { anchors: 'quiet, silent', phrases: [around(0.4, '(?:keep|stay|remain) ', ' about')] },
    { anchors: 'environment', phrases: [around(0.4, '(?:every|all|each) ', ' variable')] },
    { anchors: 'id_rsa, .ssh', phrases: [alone(0.4)] },
    {
      anchors: 'history, passwords, conversation',
      phrases: [before(0.4, `${send}(?:all|every|the (?:complete|entire|full|saved|whole)) ${words(1)}`)],
    },
  ],
}
