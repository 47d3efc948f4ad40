import type { Command } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

/** Adds `openclaw pairing list|approve|revoke`. */
export function addPairingCommands(program: Command, setExitCode: SetExitCode): void {
  const pairing = program
    .command('pairing')
    .description('let people write to the bot by the code that it gave them')
    .helpCommand(false)
  withExamples(pairing, 'openclaw pairing list', 'openclaw pairing approve telegram ABCD2345')
  const list = pairing
    .command('list')
    .description('list who waits and who was let in')
    .argument('[channel]', 'telegram, discord or slack')
    .option('--json', 'print JSON')
    .action(async (channel: string | undefined) => {
      const { pairingList } = await import('./pairing.ts')
      setExitCode(await pairingList(channel, list.optsWithGlobals<JsonOptions>()))
    })
  withExamples(list, 'openclaw pairing list', 'openclaw pairing list telegram --json')
  const approve = pairing
    .command('approve')
    .description('let somebody in; counts for the next message')
    .argument('<channel>', 'telegram, discord or slack')
    .argument('<code>', 'the code that the bot gave them')
    .option('--json', 'print JSON')
    .action(async (channel: string, code: string) => {
      const { pairingApprove } = await import('./pairing.ts')
      setExitCode(await pairingApprove(channel, code, approve.optsWithGlobals<JsonOptions>()))
    })
  withExamples(approve, 'openclaw pairing approve telegram ABCD2345')
  const revoke = pairing
    .command('revoke')
    .description('let somebody in no more; counts for the next message')
    .argument('<channel>', 'telegram, discord or slack')
    .argument('<userId>', "the platform's id of the person, as the list shows it")
    .option('--json', 'print JSON')
    .action(async (channel: string, userId: string) => {
      const { pairingRevoke } = await import('./pairing.ts')
      setExitCode(await pairingRevoke(channel, userId, revoke.optsWithGlobals<JsonOptions>()))
    })
  withExamples(revoke, 'openclaw pairing revoke telegram 123456789')
}
