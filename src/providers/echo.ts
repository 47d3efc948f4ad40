import { GatewayError } from '../domain/errors.ts'
import type { ProviderTurn } from '../domain/models/provider.ts'
import { ProviderFailure } from '../domain/models/provider-failure.ts'

// Shorter runs are words that both happen to use.
const runLengthMin = 16
const wholeLengthMin = 4
const spokenLengthMax = 2_000_000

/** Returns an error without what it repeats of the question: no error holds message text. Anything else is returned as it is. */
export function withoutEcho(error: unknown, turn: ProviderTurn): unknown {
  if (!(error instanceof GatewayError)) return error
  const message = maskEcho(error.message, [
    turn.systemPrompt ?? '',
    ...turn.messages.map(({ content }) => content),
  ])
  if (message === error.message) return error
  if (error instanceof ProviderFailure) return error.with({ message })
  return new GatewayError(error.code, message, {
    cause: error.cause,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.details === undefined ? {} : { details: error.details }),
  })
}

/**
 * Returns a sentence with `***` in the place of each run of 16 characters and more that stands in what was said, and of whole texts of 4
 * and more. Blanks, quotes, brackets and escapes do not count: who repeats a text writes those in other ways. Of more than two million
 * characters the last ones are looked at.
 */
export function maskEcho(sentence: string, spoken: readonly string[]): string {
  const whole = new Set(spoken.filter((text) => text.length <= sentence.length).map(plain))
  const said = plain(spoken.join('\n').slice(-spokenLengthMax))
  // Words at even places, what separates them between.
  const parts = split(sentence)
  for (let i = 0; i < parts.length; i += 2) {
    let run = parts[i] ?? ''
    if (run === '' || !said.includes(run)) continue
    let end = i
    for (let next = i + 2; next < parts.length; next += 2) {
      const longer = `${run} ${parts[next]}`
      if (!said.includes(longer)) break
      run = longer
      end = next
    }
    const isWhole = run.length >= wholeLengthMin && whole.has(run)
    if (run.length >= runLengthMin || isWhole) parts.splice(i, end - i + 1, '***')
  }
  return parts.join('')
}

// Blanks, punctuation that stands around texts, and JSON's escapes for both.
const separator = /(?:\\+[nrt]|[.!?](?=[\s"')]|$)|[\s"'`\\…:;,=()[\]{}<>&|/?*#@%+~^$])+/g

function split(text: string): string[] {
  const parts: string[] = []
  let at = 0
  for (const { 0: between, index } of text.matchAll(separator)) {
    parts.push(text.slice(at, index), between)
    at = index + between.length
  }
  return [...parts, text.slice(at)]
}

function plain(text: string): string {
  return text.replaceAll(separator, ' ').trim()
}
