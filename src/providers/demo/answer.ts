import { STATUS_CODES } from 'node:http'

/** What the demo model does with a message: says words, with a pause before each, calls a tool, or fails as a provider with a status would. */
export type DemoAnswer =
  | { readonly type: 'words'; readonly text: string; readonly pauseMs: number; readonly isStandard?: boolean }
  | { readonly type: 'call'; readonly name: string; readonly arguments: string }
  | { readonly type: 'failure'; readonly status: number; readonly words: string }

const slowWords = 20
const slowPauseMs = 250
const longWords = 2000
const quotedCharacters = 60

const introduction =
  'I am the demo model of this gateway, not an AI: I answer by rules, offline, and always the same. ' +
  'Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OPENROUTER_API_KEY, or start Ollama, and restart the gateway to talk to a real model.'

const help = `${introduction}

What I understand:
- help: this text
- echo TEXT: says TEXT back
- long: about ${longWords.toLocaleString('en-US')} words, for trying streams
- slow: ${slowWords} words, one every ${slowPauseMs} ms
- skill NAME: reads a skill that is on offer, as models do
- error STATUS: fails as a provider that answers with that HTTP status would, for example error 429`

/** Chooses the answer to a message. Depends on nothing but the message. */
export function demoAnswer(message: string): DemoAnswer {
  const text = message.trim()
  const [, command = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? []
  const status = /^[45]\d\d$/.test(rest) ? Number(rest) : undefined
  switch (command.toLowerCase()) {
    case 'help':
      if (rest === '') return words(help)
      break
    case 'echo':
      if (rest !== '') return words(rest)
      break
    case 'long':
      if (rest === '') return words(counted(longWords))
      break
    case 'slow':
      if (rest === '') return words(counted(slowWords), slowPauseMs)
      break
    case 'skill':
      if (/^[\w-]+$/.test(rest))
        return { type: 'call', name: 'read_skill', arguments: JSON.stringify({ name: rest }) }
      break
    case 'error':
      if (status !== undefined) return { type: 'failure', status, words: STATUS_CODES[status] ?? 'an error' }
  }
  return {
    ...words(`You wrote ${quoted(text)}. ${introduction} Write help to see what I understand.`),
    isStandard: true,
  }
}

/** Says what a tool has answered. */
export function demoReading(result: string): DemoAnswer {
  return words(`I have read ${quoted(result)}. ${introduction}`)
}

function words(text: string, pauseMs = 0): Extract<DemoAnswer, { type: 'words' }> {
  return { type: 'words', text, pauseMs }
}

// Ten words a line, the last of which is numbered, so that a gap in a stream is easy to see.
function counted(count: number): string {
  const line = 'The demo model counts its words, this is number'.split(' ')
  return Array.from({ length: count }, (_, i) => {
    const place = i % 10
    if (place < 9) return `${line[place]} `
    return `${i + 1}.${i + 1 === count ? '' : '\n'}`
  }).join('')
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  const start = [...line.slice(0, 4 * quotedCharacters)].slice(0, quotedCharacters).join('')
  return `"${start}${start.length < line.length ? '…' : ''}"`
}
