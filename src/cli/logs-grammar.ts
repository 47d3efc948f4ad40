import type { Command } from 'commander'
import { type GlobalOptions, type SetExitCode, withExamples } from './grammar.ts'
import type { LogsOptions } from './logs.ts'

/** Adds `openclaw logs`. */
export function addLogsCommand(program: Command, setExitCode: SetExitCode): void {
  const logs = program
    .command('logs')
    .description('print the log: one line a request')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--since <time>', 'only what came since, for example 30m, 1h, 2d or a date')
    .option('--level <level>', 'only this severity and above: debug, info, warn, error')
    .option('--status <status>', 'only requests with this status, for example 404 or 5xx')
    .option('--token <name>', 'only requests of the token with this name')
    .option('--json', 'print one JSON object a line')
    .action(async () => {
      const { logsCommand } = await import('./logs.ts')
      setExitCode(await logsCommand(logs.optsWithGlobals<GlobalOptions & LogsOptions>()))
    })
  withExamples(
    logs,
    'openclaw logs --since 1h --status 5xx',
    'openclaw logs -f',
    'openclaw logs | grep -i "api"',
  )
}
