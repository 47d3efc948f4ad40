import type { Command } from 'commander'
import { type SetExitCode, withExamples } from './grammar.ts'
import type { UsageOptions } from './usage.ts'

/** Adds `openclaw usage`. */
export function addUsageCommand(program: Command, setExitCode: SetExitCode): void {
  const usage = program
    .command('usage')
    .description('sum up what turns have used and cost, whether the gateway runs or not')
    .option(
      '--from <time>',
      'a day, a time, or how long ago, for example 2026-11-01 or 7d (default: 30 days)',
    )
    .option('--to <time>', 'a day, counted to its end, or a time (default: now)')
    .option('--group-by <what>', 'day, model, token, or metadata. and a name', 'day')
    .option('--json', 'print JSON')
    .action(async () => {
      const { usageCommand } = await import('./usage.ts')
      setExitCode(await usageCommand(usage.optsWithGlobals<UsageOptions>()))
    })
  withExamples(
    usage,
    'openclaw usage --from 7d',
    'openclaw usage --group-by model',
    'openclaw usage --from 2026-11-01 --group-by metadata.customer --json',
  )
}
