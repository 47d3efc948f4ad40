import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pinLoad } from './affinity.ts'
import {
  measureChunks,
  measureFirstToken,
  measureLatency,
  measurePlain,
  measureStart,
  warmUp,
} from './figures.ts'
import { measureMemory } from './memory.ts'
import { type Options, readOptions, usage } from './options.ts'
import { profileSubject } from './profile.ts'
import { circumstances, figuresTable, targetsTable, writeResult } from './report.ts'
import { type Running, type Site, startSubject } from './running.ts'
import { Samples } from './samples.ts'
import { direct, peerServer } from './subjects.ts'
import { startUpstream, type Upstream } from './upstream.ts'
import { verifyOurs } from './verify-ours.ts'
import { Workshop } from './workshop.ts'

const options = readArguments()
if (options === undefined) process.stdout.write(usage)
else await main(options)

function readArguments(): Options | undefined {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

async function main(options: Options): Promise<void> {
  if (options.subjects.includes('peer') && !options.profile) installPeer()
  const workshop = new Workshop(pinLoad())
  // Ctrl-C and a failure take the same way out as the end: nothing that was started outlives this process.
  process.on('exit', () => workshop.dispose())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))
  const upstream = await startUpstream()
  const compileCache = workshop.folder('compile-cache')
  const root = path.resolve(options.root ?? path.join(import.meta.dirname, '..'))
  const site: Site = { workshop, dialect: options.dialect, upstreamPort: upstream.port, compileCache, root }
  if (options.profile) process.stdout.write(await profileSubject(site, options))
  else await compare(options, site, upstream)
  process.exit()
}

async function compare(options: Options, site: Site, upstream: Upstream): Promise<void> {
  const samples = new Samples()
  await measureWork(options, site, samples)
  for (let round = 0; round < options.effort.memoryRounds; round++) {
    say(`memory ${round + 1}/${options.effort.memoryRounds}`)
    const subjects: Running[] = []
    for (const name of options.subjects) subjects.push(await startSubject(name, site))
    await measureMemory(subjects, upstream, options.effort, samples)
    for (const running of subjects) await running.stop()
  }
  for (let round = 0; round < options.effort.starts; round++) {
    say(`start ${round + 1}/${options.effort.starts}`)
    for (const name of options.subjects) await measureStart(name, site, samples)
  }
  const parts = [
    circumstances(site.workshop.cores, options.dialect, options.effort.rounds),
    figuresTable(samples),
    targetsTable(samples),
  ]
  const markdown = parts.filter((part) => part !== undefined).join('\n\n')
  process.stdout.write(`${markdown}\n`)
  if (options.write) writeResult(markdown)
}

// All subjects stand side by side and take turns, so that what else the machine does falls on each of them.
async function measureWork(options: Options, site: Site, samples: Samples): Promise<void> {
  const { effort } = options
  const straight = direct(options.dialect, site.upstreamPort)
  const subjects: Running[] = []
  for (const name of options.subjects) {
    say(`warm-up: ${name}`)
    const running = await startSubject(name, site)
    subjects.push(running)
    if (name === 'ours') await verifyOurs(running.target)
    await warmUp(running.target, effort)
  }
  for (let round = 0; round < effort.rounds; round++) {
    say(`round ${round + 1}/${effort.rounds}`)
    await measureLatency(straight, effort, samples)
    for (const running of subjects) await measurePlain(running, effort, samples)
    for (const running of subjects) await measureChunks(running, effort, samples)
    await measureFirstToken(
      straight,
      subjects.map(({ target }) => target),
      effort,
      samples,
    )
  }
  for (const running of subjects) await running.stop()
}

function installPeer(): void {
  if (existsSync(peerServer)) return
  say('installing the peer')
  const ci = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const npm = process.env.npm_execpath
  const [command, args] = npm === undefined ? ['npm', ci] : [process.execPath, [npm, ...ci]]
  const { status } = spawnSync(command, args, { cwd: import.meta.dirname, stdio: ['ignore', 2, 2] })
  if (status !== 0 || !existsSync(peerServer)) {
    throw new Error(
      'The peer could not be installed by `npm ci` in bench/. Go without it: npm run bench -- --only ours,floor',
    )
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
