import type { ModelPrice } from './price.ts'

/** The day as of which the built-in prices were looked up. */
export const knownPricesDate = '2026-11-22'

/** The currency of the built-in prices. */
export const knownPricesCurrency = 'USD'

type Row = readonly [pattern: RegExp, input: number, output: number, cacheRead: number, cacheWrite?: number]

// For a million tokens, as the price pages of Anthropic, OpenAI and Google stood on that day; the first pattern that matches counts. Where a
// price is introductory, the later one stands here: an estimate that is too low is the worse one. What some models cost more for prompts of
// more than 200,000 tokens is left out, and so are models that are not certain.
const known: readonly Row[] = [
  [/^claude-(?:fable|mythos)-5[-.]1(?!\d)/, 10, 50, 0.25, 12.5],
  [/^claude-(?:fable|mythos)-5(?![-.]?\d(?!\d))/, 10, 50, 1, 12.5],
  [/^claude-opus-5[-.]5(?!\d)/, 4, 20, 0.2, 5],
  [/^claude-opus-(?:5|4[-.][5-8])(?![-.]?\d(?!\d))/, 5, 25, 0.5, 6.25],
  [/^claude-opus-4(?:[-.][01])?(?![-.]?\d(?!\d))/, 15, 75, 1.5, 18.75],
  [/^claude-sonnet-5[-.]5(?!\d)/, 2, 10, 0.1, 2.5],
  [/^claude-sonnet-5(?![-.]?\d(?!\d))/, 2, 10, 0.2, 2.5],
  [/^claude-sonnet-4(?:[-.][0-9])?(?![-.]?\d(?!\d))/, 3, 15, 0.3, 3.75],
  [/^claude-haiku-5[-.]5(?!\d)/, 0.5, 2.5, 0.05, 0.625],
  [/^claude-haiku-4[-.]5(?!\d)/, 1, 5, 0.1, 1.25],
  [/^claude-3[-.][57]-sonnet\b/, 3, 15, 0.3, 3.75],
  [/^claude-3[-.]5-haiku\b/, 0.8, 4, 0.08, 1],
  [/^claude-3-opus\b/, 15, 75, 1.5, 18.75],
  [/^claude-3-sonnet\b/, 3, 15, 0.3, 3.75],
  [/^claude-3-haiku\b/, 0.25, 1.25, 0.03, 0.3],
  [/^gpt-6-astra\b/, 10, 50, 1, 12.5],
  [/^gpt-6\.1-sol\b/, 2, 10, 0.1, 2.5],
  [/^gpt-6-sol\b/, 2, 10, 0.2, 2.5],
  [/^gpt-6\.1-terra\b/, 1, 5, 0.05, 1.25],
  [/^gpt-6-luna\b/, 0.1, 0.5, 0.01, 0.125],
  [/^gpt-5\.6-sol\b/, 4, 20, 0.4, 5],
  [/^gpt-5\.6-terra\b/, 2, 12, 0.2, 2.5],
  [/^gpt-5\.6-luna\b/, 0.2, 1.2, 0.02, 0.25],
  [/^gpt-5\.[45]-pro\b/, 30, 180, 30],
  [/^gpt-5\.2-pro\b/, 21, 168, 21],
  [/^gpt-5-pro\b/, 15, 120, 15],
  [/^gpt-5\.4-mini\b/, 0.75, 4.5, 0.075],
  [/^gpt-5\.4-nano\b/, 0.2, 1.25, 0.02],
  [/^gpt-5\.5(?=$|-\d{4}|-chat)/, 5, 30, 0.5],
  [/^gpt-5\.4(?=$|-\d{4}|-chat)/, 2.5, 15, 0.25],
  [/^gpt-5\.[23](?=$|-\d{4}|-chat|-codex)/, 1.75, 14, 0.175],
  [/^gpt-5(?:\.1-codex)?-mini\b/, 0.25, 2, 0.025],
  [/^gpt-5-nano\b/, 0.05, 0.4, 0.005],
  [/^gpt-5(?:\.1)?(?=$|-\d{4}|-chat|-codex)/, 1.25, 10, 0.125],
  [/^gpt-4\.1-mini\b/, 0.4, 1.6, 0.1],
  [/^gpt-4\.1-nano\b/, 0.1, 0.4, 0.025],
  [/^gpt-4\.1\b/, 2, 8, 0.5],
  [/^gpt-4o-mini(?=$|-\d{4})/, 0.15, 0.6, 0.075],
  [/^chatgpt-4o\b/, 5, 15, 5],
  [/^gpt-4o(?=$|-\d{4})/, 2.5, 10, 1.25],
  [/^o1-pro\b/, 150, 600, 150],
  [/^o3-pro\b/, 20, 80, 20],
  [/^o1-mini\b/, 1.1, 4.4, 0.55],
  [/^o3-mini\b/, 1.1, 4.4, 0.55],
  [/^o4-mini(?=$|-\d{4})/, 1.1, 4.4, 0.275],
  [/^o3(?=$|-\d{4})/, 2, 8, 0.5],
  [/^o1\b/, 15, 60, 7.5],
  [/^gemini-4-(?:argon|carbon)\b/, 4, 20, 0.2],
  [/^gemini-4-hydrogen\b/, 1.5, 7.5, 0.075],
  [/^gemini-3\.[678]-flash(?!-lite)\b/, 1.5, 7.5, 0.15],
  [/^gemini-3\.5-flash-lite\b/, 0.3, 2.5, 0.03],
  [/^gemini-3\.5-flash\b/, 1.5, 9, 0.15],
  [/^gemini-3\.1-flash-lite\b/, 0.25, 1.5, 0.025],
  [/^gemini-3(?:\.1)?-pro(?!-image)\b/, 2, 12, 0.2],
  [/^gemini-3-flash\b/, 0.5, 3, 0.05],
  [/^gemini-2\.5-flash-lite\b/, 0.1, 0.4, 0.01],
  [/^gemini-2\.5-flash(?!-(?:image|preview-tts|native))\b/, 0.3, 2.5, 0.03],
  [/^gemini-2\.5-pro(?!-preview-tts)\b/, 1.25, 10, 0.125],
  [/^gemini-2\.0-flash-lite\b/, 0.075, 0.3, 0.075],
  [/^gemini-2\.0-flash\b/, 0.1, 0.4, 0.025],
]

// By the first two characters of an id, so that few patterns are tried.
const families = Map.groupBy(known, ([{ source }]) => source.slice(1, 3))

const free: ModelPrice = { input: 0, output: 0 }

/** Returns the list price of a model that is known by its id, also where the id has its maker in front (`openai/gpt-4o`). */
export function knownPriceOf(provider: string, id: string): ModelPrice | undefined {
  if (provider === 'demo') return free
  const bare = id.slice(id.lastIndexOf('/') + 1)
  for (const [pattern, input, output, cacheRead, cacheWrite] of families.get(bare.slice(0, 2)) ?? []) {
    if (pattern.test(bare)) {
      return { input, output, cacheRead, ...(cacheWrite === undefined ? {} : { cacheWrite }) }
    }
  }
  return undefined
}
