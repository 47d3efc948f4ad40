import type { Command } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw skills list|check`. */
export function addSkillsCommands(program: Command, setExitCode: SetExitCode): void {
  const skills = program
    .command('skills')
    .description('see what models are taught on demand, whether the gateway runs or not')
    .helpCommand(false)
  withExamples(skills, 'openclaw skills list', 'openclaw skills check')
  const list = skills
    .command('list')
    .description('list all skills, and which of them take part')
    .option('--json', 'print JSON')
    .action(async () => {
      const { skillsList } = await import('./skills-list.ts')
      setExitCode(await skillsList(list.optsWithGlobals<JsonOptions>()))
    })
  withExamples(list, 'openclaw skills list', 'openclaw skills list --json')
  const check = skills
    .command('check')
    .description('say what keeps skills from being used: exit code 1 if anything does')
    .option('--json', 'print JSON')
    .action(async () => {
      const { skillsCheck } = await import('./skills-list.ts')
      setExitCode(await skillsCheck(check.optsWithGlobals<JsonOptions>()))
    })
  withExamples(check, 'openclaw skills check', 'openclaw skills check --json')
}
