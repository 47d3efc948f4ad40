import type { Command } from 'commander'
import type { ChannelsStatusOptions } from './channels.ts'
import { type SetExitCode, withExamples } from './grammar.ts'
import { withSession } from './session-options.ts'

/** Adds `openclaw channels status`. */
export function addChannelsCommands(program: Command, setExitCode: SetExitCode): void {
  const channels = program
    .command('channels')
    .description('see how the chat platforms are')
    .helpCommand(false)
  withExamples(channels, 'openclaw channels status')
  const status = withSession(channels.command('status'), 'read')
    .description('show how each channel of the running gateway is')
    .option('--probe', 'wait up to a minute for a sign of life of each, and exit with 1 where one has none')
    .action(async () => {
      const { channelsStatus } = await import('./channels.ts')
      setExitCode(await channelsStatus(status.optsWithGlobals<ChannelsStatusOptions>()))
    })
  withExamples(status, 'openclaw channels status', 'openclaw channels status --probe --json')
}
