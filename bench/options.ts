import { parseArgs } from 'node:util'
import type { Dialect } from './dialects.ts'

/** What is measured: the bare pass-through, this gateway, and the most used TypeScript AI gateway. */
export const subjectNames = ['floor', 'ours', 'peer'] as const

/** One of `floor`, `ours`, `peer`. */
export type SubjectName = (typeof subjectNames)[number]

/** How much is measured. Times are milliseconds. */
export interface Effort {
  readonly rounds: number
  readonly warmUpMs: number
  readonly loadMs: number
  readonly latencyMs: number
  readonly streamsMs: number
  readonly firstTokens: number
  readonly memoryRounds: number
  /** Quiet before memory is read. */
  readonly settleMs: number
  /** Quiet after work, in which V8 gives memory back; 0 leaves that figure out. */
  readonly longSettleMs: number
  readonly starts: number
}

/** The command line, read. */
export interface Options {
  readonly subjects: readonly SubjectName[]
  readonly dialect: Dialect
  readonly effort: Effort
  readonly write: boolean
  readonly profile: boolean
  /** Where profiles are kept; undefined removes them. */
  readonly keep: string | undefined
  /** The checkout that ours is taken from; undefined is this one. */
  readonly root: string | undefined
}

/** What `--help` prints. */
export const usage = `npm run bench -- [options]

  --quick              fewer and shorter rounds, under a minute
  --only ours,floor    measure only these (floor, ours, peer)
  --dialect anthropic  the upstream's API: openai (default) or anthropic
  --write              put the result into bench/README.md
  --profile            run ours (or what --only names) under --cpu-prof and print where its time goes
  --root DIR           another checkout to take ours from, for a comparison
  --keep DIR           with --profile: keep the .cpuprofile files there
`

const full: Effort = {
  rounds: 7,
  warmUpMs: 8000,
  loadMs: 2000,
  latencyMs: 1000,
  streamsMs: 1000,
  firstTokens: 100,
  memoryRounds: 2,
  settleMs: 5000,
  longSettleMs: 30_000,
  starts: 7,
}

const quick: Effort = {
  rounds: 2,
  warmUpMs: 1200,
  loadMs: 700,
  latencyMs: 300,
  streamsMs: 400,
  firstTokens: 40,
  memoryRounds: 1,
  settleMs: 1500,
  longSettleMs: 0,
  starts: 2,
}

/** Reads the command line; undefined where help is asked for. Throws a sentence where it cannot be. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      dialect: { type: 'string', default: 'openai' },
      write: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      keep: { type: 'string' },
      root: { type: 'string' },
    },
  })
  if (values.help) return undefined
  return {
    subjects: readSubjects(values.only),
    dialect: readDialect(values.dialect),
    effort: values.quick ? quick : full,
    write: values.write,
    profile: values.profile,
    keep: values.keep,
    root: values.root,
  }
}

function readSubjects(list: string | undefined): readonly SubjectName[] {
  if (list === undefined) return subjectNames
  const asked = list.split(',').map((name) => name.trim())
  const unknown = asked.find((name) => !subjectNames.some((known) => known === name))
  if (unknown !== undefined) throw new Error(`--only takes floor, ours and peer, not "${unknown}".`)
  return subjectNames.filter((name) => asked.includes(name))
}

function readDialect(name: string): Dialect {
  if (name === 'openai' || name === 'anthropic') return name
  throw new Error(`--dialect takes openai or anthropic, not "${name}".`)
}
