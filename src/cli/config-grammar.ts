import type { Command } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw config validate|path`. */
export function addConfigCommands(program: Command, setExitCode: SetExitCode): void {
  const config = program.command('config').description('check and find the config file').helpCommand(false)
  withExamples(config, 'openclaw config validate', 'openclaw config path')

  const validate = config
    .command('validate')
    .description('check the config file: exit code 0 if it can be, 1 if not')
    .option('--json', 'print JSON')
    .action(async () => {
      const { configValidate } = await import('./config-validate.ts')
      setExitCode(configValidate(validate.optsWithGlobals<JsonOptions>()))
    })
  withExamples(
    validate,
    'openclaw config validate',
    'openclaw config validate --config ./openclaw.json5 --json',
  )

  const path = config
    .command('path')
    .description('print where the config file is, or would be')
    .option('--json', 'print JSON, with the places of data and logs')
    .action(async () => {
      const { configPathCommand } = await import('./config-path.ts')
      setExitCode(configPathCommand(path.optsWithGlobals<JsonOptions>()))
    })
  withExamples(path, 'openclaw config path', 'openclaw config path --json')
}
