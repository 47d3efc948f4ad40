import type { Command } from 'commander'
import { type SetExitCode, withExamples } from './grammar.ts'
import type { StatusOptions } from './status.ts'

/** Adds `openclaw status`. */
export function addStatusCommand(program: Command, setExitCode: SetExitCode): void {
  const status = program
    .command('status')
    .description('ask the running gateway how it is; with a token how each part is')
    .option('--url <address>', 'gateway to ask; without it the one of the config')
    .option('--token-file <file>', 'file that holds a token with scope read (or set OPENCLAW_TOKEN)')
    .option('--json', 'print JSON')
    .action(async () => {
      const { statusCommand } = await import('./status.ts')
      setExitCode(await statusCommand(status.optsWithGlobals<StatusOptions>()))
    })
  withExamples(
    status,
    'openclaw status',
    'openclaw status --token-file ./token',
    'openclaw status --url https://gateway.example.com --json',
  )
}
