import { environment } from '../config/environment.ts'
import type { ListedSkill } from '../domain/skills/list-skills.ts'
import { inspectSkills } from '../gateway/inspect-skills.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { loadBeside, requireSet } from './load-config.ts'
import { print, printJson, table } from './output.ts'

/** Lists all skills as a gateway with this config would see them. */
export async function skillsList(options: JsonOptions): Promise<number> {
  const { skills, dirs } = await look(options)
  if (options.json === true) {
    printJson({ data: skills })
    return exitCodes.ok
  }
  const rows = skills.map((skill) => [skill.name, skill.source, stateOf(skill), shortened(skill)])
  for (const line of table([['NAME', 'SOURCE', 'STATE', 'DESCRIPTION'], ...rows])) print(line)
  print(`Looked for in: ${dirs.join(', ')}`)
  return exitCodes.ok
}

/** Tells of each skill that takes part whether it can be used, and of each that cannot why. Resolves to 1 where there is one. */
export async function skillsCheck(options: JsonOptions): Promise<number> {
  const { skills } = await look(options)
  const checked = skills.filter(({ enabled }) => enabled)
  const broken = checked.filter(({ eligible }) => !eligible)
  const code = broken.length === 0 ? exitCodes.ok : exitCodes.failure
  if (options.json === true) {
    printJson({ data: checked })
    return code
  }
  for (const { name, eligible, reason } of checked)
    print(`${eligible ? 'ok     ' : 'error  '}  ${name}  ${reason ?? ''}`.trimEnd())
  if (checked.length === 0)
    print('No skill takes part. Switch a bundled one on in skills.entries, or add one of your own.')
  else if (broken.length === 0) print(`All ${checked.length} can be used.`)
  return code
}

async function look(
  options: JsonOptions,
): Promise<{ readonly skills: readonly ListedSkill[]; readonly dirs: readonly string[] }> {
  const loaded = loadBeside(options)
  requireSet(loaded, ['skills.dirs'])
  return { skills: await inspectSkills(loaded, environment()), dirs: loaded.config.skills.dirs ?? [] }
}

function stateOf({ enabled, eligible }: ListedSkill): string {
  if (!eligible) return 'not usable'
  return enabled ? 'on' : 'off'
}

const descriptionShown = 60

function shortened({ description, eligible, reason }: ListedSkill): string {
  const text = eligible ? description : (reason ?? '')
  return text.length > descriptionShown ? `${text.slice(0, descriptionShown - 1)}…` : text
}
