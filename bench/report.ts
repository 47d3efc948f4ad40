import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import type { Cores } from './affinity.ts'
import type { Dialect } from './dialects.ts'
import type { FigureKey, SampleName, Samples } from './samples.ts'
import type { Spread } from './statistics.ts'

interface Figure {
  readonly key: FigureKey
  readonly label: string
  readonly digits: number
  /** What a value is divided by for the table. */
  readonly scale?: number
  /** False where dividing one by the other says nothing. */
  readonly ratio?: false
}

const figures: readonly Figure[] = [
  { key: 'plainCpu', label: 'CPU of a plain request, µs', digits: 0 },
  { key: 'requestsPerSecond', label: 'Plain requests/s, 32 in flight', digits: 0 },
  { key: 'p50', label: 'p50 of a plain request, 1 in flight, ms', digits: 3 },
  { key: 'p99', label: 'p99 of a plain request, 1 in flight, ms', digits: 3 },
  { key: 'chunkCpu', label: 'CPU of a streamed chunk, back to back, µs', digits: 2 },
  { key: 'pacedChunkCpu', label: 'CPU of a streamed chunk, one every 5 ms, µs', digits: 1 },
  { key: 'streamCpu', label: 'CPU of a stream beside its chunks, µs', digits: 0 },
  { key: 'firstToken', label: 'First token, ms above direct', digits: 3 },
  { key: 'ready', label: 'Start to first 200, ms', digits: 0 },
  { key: 'firstReady', label: 'The same without Node’s compile cache, ms', digits: 0 },
  { key: 'readySaid', label: 'Time to ready as it prints it, ms', digits: 0, ratio: false },
  { key: 'startMemory', label: 'RSS after the start, MB', digits: 1, scale: 1e6 },
  { key: 'idleMemory', label: 'RSS idle, MB', digits: 1, scale: 1e6 },
  { key: 'idlePss', label: 'PSS idle, MB', digits: 1, scale: 1e6 },
  { key: 'workedMemory', label: 'RSS half a minute after heavy work, MB', digits: 1, scale: 1e6 },
  { key: 'streamMemory', label: 'RSS of an open stream, of 1,000, KB', digits: 1, scale: 1e3 },
  { key: 'framesPerChunk', label: 'Text frames sent for a chunk received', digits: 2, ratio: false },
  { key: 'coreShare', label: 'Use of its own core at 32 in flight', digits: 2, ratio: false },
  { key: 'loadShare', label: 'Load generator’s use of its core at 32 in flight', digits: 2, ratio: false },
]

/** Returns the result as Markdown: one row a figure, `median (least to greatest)`, and the ratios of the same rounds. */
export function figuresTable(samples: Samples): string {
  const names: readonly SampleName[] = ['direct', 'floor', 'ours', 'peer']
  const lines = [
    '| figure | direct | floor | ours | peer | ours ÷ floor | ours ÷ peer |',
    '|---|--:|--:|--:|--:|--:|--:|',
  ]
  for (const { key, label, digits, scale = 1, ratio = true } of figures) {
    const cells = names.map((name) => cell(samples.spread(name, key), digits, scale))
    if (cells.every((text) => text === '')) continue
    const ratios = (['floor', 'peer'] as const).map((base) =>
      ratio ? cell(samples.ratio('ours', base, key), 2, 1) : '',
    )
    lines.push(`| ${[label, ...cells, ...ratios].join(' | ')} |`)
  }
  return lines.join('\n')
}

/** Returns the targets as Markdown, each met or missed; undefined where ours was not measured. */
export function targetsTable(samples: Samples): string | undefined {
  const value = (key: FigureKey): number | undefined => samples.spread('ours', key)?.median
  const megabytes = (value('idleMemory') ?? Number.NaN) / 1e6
  const kilobytes = (value('streamMemory') ?? Number.NaN) / 1e3
  const rows: readonly (readonly [string, number | undefined, boolean, number])[] = [
    [
      'CPU of a plain request: at most 3 × the floor’s',
      samples.ratio('ours', 'floor', 'plainCpu')?.median,
      true,
      3,
    ],
    ['CPU of a streamed chunk, back to back: at most 4 µs', value('chunkCpu'), true, 4],
    [
      'requests/s: at least 4 × the peer’s',
      samples.ratio('ours', 'peer', 'requestsPerSecond')?.median,
      false,
      4,
    ],
    ['first token: at most 2 ms above direct', value('firstToken'), true, 2],
    ['ready within 1,000 ms, without a compile cache', value('firstReady'), true, 1000],
    ['idle: at most 120 MB', megabytes, true, 120],
    ['an open stream: at most 40 KB', kilobytes, true, 40],
  ]
  if (value('plainCpu') === undefined) return undefined
  const lines = rows.map(([label, found, most, limit]) => {
    if (found === undefined || Number.isNaN(found)) return `| ${label} | | not measured |`
    const met = most ? found <= limit : found >= limit
    return `| ${label} | ${format(found, 2)} | ${met ? 'pass' : '**miss**'} |`
  })
  return ['| target | found | |', '|---|--:|---|', ...lines].join('\n')
}

function cell(spread: Spread | undefined, digits: number, scale: number): string {
  if (spread === undefined) return ''
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    format(value / scale, digits),
  )
  return `${median} (${min}–${max})`
}

function format(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Returns where and when it was measured, as one Markdown paragraph. */
export function circumstances(cores: Cores, dialect: Dialect, rounds: number): string {
  const processors = os.cpus()
  const pinning =
    cores === null
      ? '**not pinned** (no `taskset`, or one core): figures are worth less'
      : 'the measured process on one core, load generator and upstream on another'
  return [
    `${new Date().toISOString().slice(0, 10)}, commit ${commit()}, Node ${process.version}, ${os.type()} ${os.release()},`,
    `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}, ${Math.round(os.totalmem() / 2 ** 30)} GB;`,
    `${pinning}; ${dialect} dialect; median of ${rounds} rounds (least–greatest).`,
  ].join('\n')
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    const head = git('rev-parse', '--short', 'HEAD')
    return git('status', '--porcelain', '--untracked-files=no') === '' ? head : `${head} with changes`
  } catch {
    return 'none'
  }
}

const begin = '<!-- result: begin -->'
const end = '<!-- result: end -->'

/** Puts the result between the two marks of bench/README.md. Throws where they are missing. */
export function writeResult(markdown: string): void {
  const file = new URL('README.md', import.meta.url)
  const text = readFileSync(file, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error('bench/README.md has lost the marks between which the result stands.')
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${markdown}\n\n${text.slice(to)}`)
}
