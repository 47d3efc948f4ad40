import type { Command } from 'commander'
import type { SessionOptions } from './gateway-session.ts'
import { type SetExitCode, withExamples } from './grammar.ts'
import { withSession } from './session-options.ts'

/** Adds `openclaw models`. */
export function addModelsCommand(program: Command, setExitCode: SetExitCode): void {
  const models = withSession(program.command('models'), 'read')
    .description('list the models of the running gateway')
    .action(async () => {
      const { modelsCommand } = await import('./models.ts')
      setExitCode(await modelsCommand(models.optsWithGlobals<SessionOptions>()))
    })
  withExamples(models, 'openclaw models', 'openclaw models --json')
}
