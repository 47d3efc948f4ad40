import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { detectInjection } from '../src/domain/prompts/detect-injection.ts'

/** One text of the corpus. `kind` says what sort of attack or of harmless text it is. */
export interface CorpusText {
  readonly text: string
  readonly kind: string
}

/** How many texts of a kind there are in one half of the corpus, and how many the detector finds suspicious. */
export interface Count {
  readonly kind: string
  readonly texts: number
  readonly flagged: number
}

/** The page that holds the published figures. */
export const hygienePage: string = join(import.meta.dirname, '..', 'docs', 'prompt-hygiene.md')

const corpusFolder = join(import.meta.dirname, '..', 'tests', 'corpus')
const begin = '<!-- figures: made by scripts/measure-prompt-detection.ts --write, do not edit -->'
const end = '<!-- end of figures -->'

/** Reads a file of the corpus, one JSON object a line. Throws where a line is something else. */
export function readCorpus(name: 'injections' | 'benign'): readonly CorpusText[] {
  const lines = readFileSync(join(corpusFolder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => {
    const { text, kind }: { text: unknown; kind: unknown } = JSON.parse(line)
    if (typeof text !== 'string' || typeof kind !== 'string')
      throw new TypeError(`not a corpus line: ${line}`)
    return { text, kind }
  })
}

/** True for the half that the rules were not tuned on: by a hash of the text (FNV-1a, 32 bits), so that nobody chooses. */
export function isHeldOut({ text }: CorpusText): boolean {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 16)) & 1) === 1
}

/** Counts by kind, in the order of the file. */
export function countFlagged(texts: readonly CorpusText[]): readonly Count[] {
  return [...Map.groupBy(texts, ({ kind }) => kind)].map(([kind, ofKind]) => ({
    kind,
    texts: ofKind.length,
    flagged: ofKind.filter(({ text }) => detectInjection(text).suspicious).length,
  }))
}

/** Adds counts up. */
export function total(counts: readonly Count[]): Count {
  return {
    kind: 'all',
    texts: counts.reduce((sum, { texts }) => sum + texts, 0),
    flagged: counts.reduce((sum, { flagged }) => sum + flagged, 0),
  }
}

/** Returns the published figures as Markdown. */
export function figures(): string {
  const [injections, benign] = [readCorpus('injections'), readCorpus('benign')]
  return `Attacks of the held-out half:

${table('recall', injections.filter(isHeldOut))}

Harmless texts of the held-out half:

${table('false alarms', benign.filter(isHeldOut))}

On the half that the rules were tuned on, for comparison: ${tuned(injections)} of the attacks, ${tuned(benign)} of the harmless texts.`
}

/** Returns the page with the present figures in it. */
export function withFigures(page: string): string {
  return `${page.slice(0, page.indexOf(begin))}${begin}\n\n${figures()}\n\n${page.slice(page.indexOf(end))}`
}

function table(rate: string, texts: readonly CorpusText[]): string {
  const counts = countFlagged(texts)
  const rows = [...counts, total(counts)].map(
    ({ kind, texts, flagged }) => `| ${kind} | ${texts} | ${flagged} | ${percent(flagged, texts)} |`,
  )
  return [`| kind | texts | flagged | ${rate} |`, '| --- | ---: | ---: | ---: |', ...rows].join('\n')
}

function tuned(texts: readonly CorpusText[]): string {
  const { flagged, texts: count } = total(countFlagged(texts.filter((text) => !isHeldOut(text))))
  return `${flagged} of ${count} (${percent(flagged, count)})`
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(part === 0 || part === whole ? 0 : 1)} %`
}

if (import.meta.main) {
  if (process.argv.includes('--write'))
    writeFileSync(hygienePage, withFigures(readFileSync(hygienePage, 'utf8')))
  else process.stdout.write(`${figures()}\n`)
}
