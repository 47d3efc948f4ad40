const startsTriedMax = 32

/** A JSON value, and the text that it was read from. */
export interface FoundJson {
  readonly text: string
  readonly value: unknown
}

/**
 * Yields what may be meant as the JSON of a text, likeliest first: all of it, what stands in a code fence, and each outermost object or
 * list between the words. Takes time in proportion to the text's length.
 */
export function* jsonInText(text: string): Generator<FoundJson, void, undefined> {
  const whole = parsed(text)
  if (whole !== undefined) {
    yield whole
    return
  }
  // Between two fences, without the word that names the language.
  for (const [place, part] of text.split('```', 2 * startsTriedMax).entries()) {
    const found = place % 2 === 0 ? undefined : parsed(part.slice(part.indexOf('\n') + 1))
    if (found !== undefined) yield found
  }
  let from = 0
  for (let tried = 0; tried < startsTriedMax; tried++) {
    const start = indexOfStart(text, from)
    if (start === -1) return
    const end = endOf(text, start)
    const found = end === -1 ? undefined : parsed(text.slice(start, end))
    if (found !== undefined) yield found
    // What was never closed is no reason to look at the rest of the text again and again.
    from = found === undefined ? start + 1 : end
    if (end === -1 && tried >= 2) return
  }
}

function parsed(text: string): FoundJson | undefined {
  const trimmed = text.trim()
  try {
    return { text: trimmed, value: JSON.parse(trimmed) }
  } catch {
    return undefined
  }
}

function indexOfStart(text: string, from: number): number {
  const places = [text.indexOf('{', from), text.indexOf('[', from)].filter((place) => place !== -1)
  return places.length === 0 ? -1 : Math.min(...places)
}

// Brackets within strings do not count.
function endOf(text: string, start: number): number {
  let depth = 0
  let isInString = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return -1
}
