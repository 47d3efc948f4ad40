import { readdir, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Skill } from '../domain/skills/skill.ts'
import { missingFor } from './requirements.ts'
import type { SkillSettings } from './settings.ts'
import { parseSkillFile } from './skill-file.ts'
import { readTextIn, Unreadable } from './text-file.ts'

/** A skill, and the folder that it was read from. */
export interface FoundSkill extends Skill {
  readonly folder: string
  /** Whether it is in order and only lacks something outside of its folder. */
  readonly lacksSomething: boolean
}

/** One folder of skills. */
export interface SkillRoot {
  readonly dir: string
  readonly isBundled: boolean
}

const foldersMax = 256

/**
 * Reads the skills in a folder of skills, by name of their folders; none where it does not exist. A broken one is there with its reason.
 * `onFolder` is told of each folder before it is read.
 */
export async function readSkillsIn(
  root: SkillRoot,
  settings: SkillSettings,
  onFolder: (folder: string) => void,
): Promise<readonly FoundSkill[]> {
  const found: FoundSkill[] = []
  for (const name of await foldersIn(root.dir)) {
    const folder = join(root.dir, name)
    onFolder(folder)
    const skill = await readSkill(root, folder, settings)
    if (skill !== undefined) found.push(skill)
  }
  return found.map((skill, index) => withoutTwin(skill, found.slice(0, index)))
}

async function foldersIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    const names = folders
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    return names.sort().slice(0, foldersMax)
  } catch {
    return []
  }
}

async function readSkill(
  root: SkillRoot,
  folder: string,
  settings: SkillSettings,
): Promise<FoundSkill | undefined> {
  const source = root.isBundled ? 'bundled' : basename(root.dir)
  const common = { source, folder, lacksSomething: false, isForbidden: false }
  try {
    const files = await filesIn(folder)
    if (!files.includes('SKILL.md')) {
      const other = files.find((file) => file.toLowerCase() === 'skill.md')
      if (other === undefined) return undefined
      throw new Unreadable('is missing: its name is written in capitals')
    }
    // Who may write a skill may not thereby choose what else on this machine is read.
    if ((await realpath(folder)) !== join(await realpath(root.dir), basename(folder)))
      throw new Unreadable('is behind a link that leads out of the folder of skills')
    const file = await parseSkillFile(await readTextIn(folder, 'SKILL.md'))
    const missing = await missingFor(file, settings)
    const entry = Object.hasOwn(settings.entries, file.name) ? settings.entries[file.name] : undefined
    return {
      ...common,
      name: file.name,
      description: file.description,
      text: file.text,
      enabled: root.isBundled ? entry?.enabled === true : entry?.enabled !== false,
      isForbidden: entry?.enabled === false,
      eligible: missing === undefined,
      reason: missing === undefined ? null : sentence(missing),
      lacksSomething: missing !== undefined,
    }
  } catch (error) {
    const name = basename(folder)
    const reason = `SKILL.md ${error instanceof Unreadable ? error.message : 'cannot be read'}.`
    return { ...common, name, description: '', text: '', enabled: true, eligible: false, reason }
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch {
    return []
  }
}

// Two skills of one name in one folder would be told apart by nobody.
function withoutTwin(skill: FoundSkill, before: readonly FoundSkill[]): FoundSkill {
  const twin = before.find((other) => other.name === skill.name && other.eligible)
  if (twin === undefined || !skill.eligible) return skill
  const reason = `Its name is that of the skill in ${basename(twin.folder)}, ${skill.name}.`
  return { ...skill, name: basename(skill.folder), eligible: false, reason }
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
}
