import type { Skill, SkillOffer } from './skill.ts'

/** Returns what a model is shown of the skills that take part by themselves, or undefined where none does. */
export function offerSkills(skills: readonly Skill[]): SkillOffer | undefined {
  const offered = skills.filter((skill) => skill.enabled && skill.eligible)
  if (offered.length === 0) return undefined
  const list = offered.map(({ name, description }) => `- ${name}: ${description}`).join('\n')
  return {
    skills: offered,
    withTool: `Skills are written instructions for certain tasks. Where one fits what is asked, read it with the tool read_skill before you answer, and do as it says; where none fits, answer without.

${list}`,
    withoutTool: `These are tasks that you are here for, among others:

${list}`,
  }
}
