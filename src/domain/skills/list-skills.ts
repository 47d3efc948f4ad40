import type { Skill, SkillShelf } from './skill.ts'

/** A row of `GET /api/v1/skills`. */
export type ListedSkill = Pick<Skill, 'name' | 'description' | 'enabled' | 'eligible' | 'reason' | 'source'>

/** Returns all skills, bundled ones first, also those that are switched off or cannot be used, with the reason. */
export async function listSkills(shelf: SkillShelf): Promise<readonly ListedSkill[]> {
  const skills = await shelf.all()
  return skills.map(({ name, description, enabled, eligible, reason, source }) => ({
    name,
    description,
    enabled,
    eligible,
    reason,
    source,
  }))
}
