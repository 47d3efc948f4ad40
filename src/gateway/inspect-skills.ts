import type { Env } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import { skillSettingsOf } from '../config/settings.ts'
import { type ListedSkill, listSkills } from '../domain/skills/list-skills.ts'
import { bundledSkillsDir, SkillFolders } from '../skills/skill-folders.ts'

/** Reads the skills as a gateway with a config would. Never rejects. */
export async function inspectSkills({ config }: LoadedConfig, env: Env): Promise<readonly ListedSkill[]> {
  const settings = skillSettingsOf(config, env)
  using folders = new SkillFolders({
    bundledDir: bundledSkillsDir,
    settings: () => settings,
    monotonic: () => performance.now(),
    log: () => undefined,
  })
  return await listSkills(folders)
}
