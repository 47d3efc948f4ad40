import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The text of a SKILL.md. `more` is further frontmatter. */
export function skillText(name: string, instructions = `How to ${name}.`, more = ''): string {
  return `---\nname: ${name}\ndescription: Does ${name}.\n${more}---\n\n# ${name}\n\n${instructions}\n`
}

/** Writes a skill into a folder of skills. Returns its folder. */
export async function writeSkill(dir: string, name: string, text = skillText(name)): Promise<string> {
  const folder = join(dir, name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'SKILL.md'), text)
  return folder
}
