/**
 * Returns how much a phrase at `start` of a folded text counts: 1 where it may be meant, less where somebody only reports it, or quotes it and
 * says so. Looks at a bounded stretch around it.
 */
export function emphasisAt(text: string, start: number): number {
  const before = text.slice(Math.max(0, start - lookBack), start)
  return (
    (reported.test(before) ? 0.5 : 1) * (isQuoted(before, text.slice(start, start + lookAhead)) ? 0.4 : 1)
  )
}

const lookBack = 120
const lookAhead = 200

// "Users who ignore…", "how to ignore…", "the text says ignore…"; but "you must ignore…" and "I order you to ignore…" are orders.
const reported = new RegExp(
  '(?:(?<!you |ought |have |want |need )\\b(?:to|can|could|would|may|might|cannot|do|does|did|never|not|i|we|he|she|they|it|that|which|who|if|' +
    'when|why|how|somebody|someone|anybody|enters?|entered|typed?|types|writes?|wrote|contains?|says?|said|called|named) ' +
    "|n't |\\b(?:model|bot|assistant|users?|people|attackers?|gpt|chatgpt)(?:'s)? (?:to )?)$",
)

const mention = new RegExp(
  '\\b(?:typed|types|wrote|writes?|said|says?|saying|enter(?:ed|s)?|post(?:ed|s)?|phrases?|messages?|strings?|sentences?|lines?|attacks?|' +
    'attackers?|jailbreaks?|injections?|example|such as|known|called|label|flag(?:s|ged)?|classify|tests?|checks?|filters?|detect(?:s|ed|ion)?|' +
    'translate|contain(?:s|ed)?|contents?|quot(?:es?|ed|ing)|ask(?:s|ed|ing)?|entries|log|show(?:s|ed)?|reports?|found|claims?|accepted|why|' +
    'explain|escape|by writing|begin with)\\b',
)

function isQuoted(before: string, after: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  const open = openQuote(line)
  if (open < 0) return false
  const close = after.indexOf(line.charAt(open))
  return mention.test(line.slice(0, open)) || (close >= 0 && mention.test(firstLine(after.slice(close))))
}

// Where the quotation begins that is still open at the end of the line, or -1. An apostrophe stands after a letter.
function openQuote(line: string): number {
  let open = -1
  let mark = ''
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (char !== '"' && char !== '`' && char !== "'") continue
    if (open < 0) {
      if (char === "'" && /[a-z0-9]/.test(line.charAt(i - 1))) continue
      open = i
      mark = char
    } else if (char === mark && !(char === "'" && /[a-z]/.test(line.charAt(i + 1)))) {
      open = -1
    }
  }
  return open
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end < 0 ? text : text.slice(0, end)
}
