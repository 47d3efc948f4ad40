import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { SkillSettings } from './settings.ts'
import type { SkillFile } from './skill-file.ts'

/** Says what a skill requires and is not there, as the end of a sentence; undefined where nothing is missing. */
export async function missingFor(
  { name, requires }: SkillFile,
  { env, entries }: SkillSettings,
): Promise<string | undefined> {
  const given = Object.hasOwn(entries, name) ? (entries[name]?.env ?? {}) : {}
  const unset = requires.env.filter((variable) => !env[variable] && !given[variable])
  const missing: string[] = []
  for (const bin of requires.bins) if (!(await isOnPath(bin, env.PATH))) missing.push(bin)
  const reasons = [
    ...missing.map((bin) => `the program ${bin} is not on the PATH`),
    ...unset.map((variable) => `the variable ${variable} is not set`),
  ]
  return reasons.length === 0 ? undefined : reasons.join('; ')
}

async function isOnPath(bin: string, path = ''): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    if (folder !== '' && (await isProgram(join(folder, bin)))) return true
  }
  return false
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
