import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pick } from './check-answer.ts'
import { backToBack, paced, plainInFlight, plainQuestion, streamQuestion, warmUp } from './figures.ts'
import { costedLoad } from './load.ts'
import type { Options } from './options.ts'
import { threadMicroseconds } from './procfs.ts'
import { type CpuProfile, type Phase, profileReport } from './profile-report.ts'
import type { Question } from './question.ts'
import { type Running, type Site, startSubject } from './running.ts'

/**
 * Runs ours alone, or the subject that `--only` names, under V8's sampling profiler, through the loads that the figures are measured with, and returns where its time went
 * in each of them, as Markdown. The profiler itself costs some 10 %, so that the sums are above the figures.
 */
export async function profileSubject(site: Site, { subjects, effort, keep }: Options): Promise<string> {
  const name = subjects.find((subject) => subject === 'ours') ?? subjects[0] ?? 'ours'
  const folder = site.workshop.folder('profiles')
  // By the environment, which reaches threads that are started with flags of their own.
  const flags = `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=500`
  const running = await startSubject(name, site, { NODE_OPTIONS: flags })
  await warmUp(running.target, { ...effort, warmUpMs: effort.warmUpMs * 2 })
  const ms = effort.loadMs * 2
  const long = backToBack.long
  const phases = [
    await phase(running, 'plain requests, 32 in flight', 'request', 1, plainQuestion, plainInFlight, ms),
    await phase(running, 'streams of 10 chunks', 'stream', 1, streamQuestion(10, 0), backToBack.inFlight, ms),
    await phase(
      running,
      'chunks back to back',
      'chunk',
      long,
      streamQuestion(long, 0),
      backToBack.inFlight,
      ms,
    ),
    await phase(
      running,
      'chunks 5 ms apart',
      'chunk',
      paced.long,
      streamQuestion(paced.long, paced.paceMs),
      paced.inFlight,
      ms,
    ),
  ]
  await running.stop()
  const files = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))
  if (files.length === 0) {
    throw new Error(`${name} ended without a profile: it must end by itself on SIGTERM.`)
  }
  if (keep !== undefined) {
    mkdirSync(keep, { recursive: true })
    cpSync(folder, keep, { recursive: true })
  }
  const profiles = files.map((file) => readProfile(threadOf(file), path.join(folder, file)))
  return profileReport(phases, profiles)
}

async function phase(
  running: Running,
  name: string,
  unit: string,
  unitsPerAnswer: number,
  question: Question,
  inFlight: number,
  durationMs: number,
): Promise<Phase> {
  const from = now()
  const before = threadMicroseconds(running.pid)
  const { answers, cpuPerAnswer } = await costedLoad(running, question, inFlight, durationMs)
  const units = answers * unitsPerAnswer
  const threads = [...threadMicroseconds(running.pid)].map(
    ([thread, time]) => [thread, (time - (before.get(thread) ?? 0)) / units] as const,
  )
  return { name, unit, units, from, to: now(), cpuPerUnit: cpuPerAnswer / unitsPerAnswer, threads }
}

// The clock of V8's profiles: CLOCK_MONOTONIC in microseconds, the same in all processes.
function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

// CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile; thread 0 is the main one.
function threadOf(file: string): string {
  const thread = file.split('.')[4]
  return thread === '0' ? 'main thread' : `worker ${thread}`
}

function readProfile(thread: string, file: string): CpuProfile {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return {
    thread,
    startTime: Number(pick(json, 'startTime')),
    samples: list(pick(json, 'samples')).map(Number),
    timeDeltas: list(pick(json, 'timeDeltas')).map(Number),
    nodes: list(pick(json, 'nodes')).map((node) => ({
      id: Number(pick(node, 'id')),
      name: String(pick(node, 'callFrame', 'functionName')),
      url: String(pick(node, 'callFrame', 'url')),
      line: Number(pick(node, 'callFrame', 'lineNumber')) + 1,
      children: list(pick(node, 'children') ?? []).map(Number),
    })),
  }
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('Not a CPU profile.')
  return value
}
