import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GatewayError } from '../domain/errors.ts'
import type { Log } from '../domain/log.ts'
import { offerSkills } from '../domain/skills/offer-skills.ts'
import type { Skill, SkillOffer, SkillShelf } from '../domain/skills/skill.ts'
import { type FoundSkill, readSkillsIn, type SkillRoot } from './read-skills.ts'
import type { SkillSettings } from './settings.ts'
import { readTextIn, Unreadable } from './text-file.ts'

/** Where the skills stand that are packed with the program, in its sources and in its build alike. */
export const bundledSkillsDir: string = fileURLToPath(new URL('../../skills', import.meta.url))

/** What skills are read from. */
export interface SkillFoldersOptions {
  readonly bundledDir: string
  /** Read anew at each reading, since the config can change. */
  readonly settings: () => SkillSettings
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number
  readonly log: Log
}

// How old what was read may be where no change can be seen: a folder that cannot be watched, a program that is not there yet.
const unseenMsMax = 5_000
const readingsMax = 3

/**
 * The skills on disk, read once and again after a change: folders are watched from before they are read, so that a turn that begins after
 * a change finds it. Nothing is read where nothing has changed.
 */
export class SkillFolders implements SkillShelf, Disposable {
  readonly #options: SkillFoldersOptions
  #watchers: Watchers = new Map()
  readonly #folders = new WeakMap<Skill, string>()
  #skills: readonly Skill[] = []
  #offer: SkillOffer | undefined
  #isStale = true
  // Nothing is parsed for turns that have no skills; once bundled ones were asked for, they are always among the rest.
  #withBundled = false
  #mayChangeUnseen = false
  #readAt = 0
  #isOver = false
  #reading: Promise<void> | undefined

  constructor(options: SkillFoldersOptions) {
    this.#options = options
  }

  offer(): SkillOffer | undefined | Promise<SkillOffer | undefined> {
    return this.#isFresh ? this.#offer : this.#read().then(() => this.#offer)
  }

  async all(): Promise<readonly Skill[]> {
    if (!this.#withBundled) {
      this.#withBundled = true
      this.#isStale = true
    }
    if (!this.#isFresh) await this.#read()
    return this.#skills
  }

  /** The config has changed: the next turn reads everything again. */
  changed(): void {
    this.#isStale = true
  }

  async readFile(skill: Skill, path: string): Promise<string> {
    const folder = this.#folders.get(skill)
    try {
      if (folder !== undefined) return await readTextIn(folder, path)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      throw new GatewayError(
        'invalid_request',
        `The file ${JSON.stringify(path.slice(0, 100))} ${error.message}.`,
      )
    }
    throw new GatewayError('invalid_request', 'The skill is gone.')
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    close(this.#watchers)
  }

  get #isFresh(): boolean {
    const isOld = this.#mayChangeUnseen && this.#options.monotonic() - this.#readAt > unseenMsMax
    return !this.#isStale && !isOld && this.#reading === undefined
  }

  // What changes while it is read is read again; a folder that never rests is served as it was.
  async #read(): Promise<void> {
    await this.#reading
    if (this.#isFresh) return
    this.#reading ??= (async () => {
      for (let readings = 0; readings < readingsMax; readings++) {
        this.#isStale = false
        await this.#readOnce()
        if (!this.#isStale) break
      }
      this.#reading = undefined
    })()
    await this.#reading
  }

  async #readOnce(): Promise<void> {
    const { bundledDir, log, monotonic } = this.#options
    const settings = this.#options.settings()
    this.#withBundled ||= Object.values(settings.entries).some(({ enabled }) => enabled)
    const roots = [
      ...(this.#withBundled ? [{ dir: bundledDir, isBundled: true }] : []),
      ...settings.dirs.map((dir) => ({ dir, isBundled: false })),
    ]
    // All are watched anew: what bears a path now may be another folder than the one that was watched under it.
    const watchers: Watchers = new Map()
    const found: FoundSkill[] = []
    this.#readAt = monotonic()
    this.#mayChangeUnseen = false
    try {
      for (const root of roots) {
        this.#watchRoot(root, watchers)
        const skills = await readSkillsIn(root, settings, (folder) => {
          if (!root.isBundled) this.#watch(folder, 'SKILL.md', watchers)
        })
        // A skill takes the place of an earlier one of its name, as one's own do of the bundled ones.
        for (const skill of skills) {
          const twin = found.findIndex(({ name }) => name === skill.name)
          if (twin !== -1) found.splice(twin, 1)
          found.push(skill)
        }
      }
    } catch (error) {
      log('error', 'skills not read', { error: error instanceof Error ? error.name : 'unknown' })
      this.#mayChangeUnseen = true
    }
    close(this.#watchers)
    this.#watchers = watchers
    if (this.#isOver) close(watchers)
    if (found.some((skill) => skill.lacksSomething)) this.#mayChangeUnseen = true
    for (const skill of found) this.#folders.set(skill, skill.folder)
    this.#skills = found
    this.#offer = offerSkills(found)
  }

  // A folder that is not there yet is seen to come by the one that will hold it.
  #watchRoot({ dir, isBundled }: SkillRoot, watchers: Watchers): void {
    // What is packed with the program changes with the program.
    if (isBundled) return
    if (this.#watch(dir, undefined, watchers)) return
    if (!this.#watch(dirname(dir), basename(dir), watchers)) this.#mayChangeUnseen = true
  }

  #watch(path: string, name: string | undefined, watchers: Watchers): boolean {
    try {
      const watcher = watch(path, { persistent: false }, (_event, changed) => {
        if (name === undefined || changed === null || changed === name) this.#isStale = true
      })
      watcher.on('error', () => {
        watcher.close()
        this.#isStale = true
      })
      watchers.set(`${path}/${name ?? ''}`, watcher)
      return true
    } catch {
      return false
    }
  }
}

type Watchers = Map<string, FSWatcher>

function close(watchers: Watchers): void {
  for (const watcher of watchers.values()) watcher.close()
  watchers.clear()
}
