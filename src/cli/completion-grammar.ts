import type { Command } from 'commander'
import { type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw completion`. */
export function addCompletionCommand(program: Command, setExitCode: SetExitCode): void {
  const completion = program
    .command('completion')
    .description('print what a shell reads to complete commands and options')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionCommand } = await import('./completion.ts')
      setExitCode(completionCommand(program, shell))
    })
  withExamples(completion, 'eval "$(openclaw completion bash)"', 'openclaw completion fish')
}
