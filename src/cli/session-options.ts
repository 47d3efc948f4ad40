import type { Command } from 'commander'

/** Adds `--url`, `--token-file` and `--json` to a command that asks a running gateway. */
export function withSession(command: Command, scope: string): Command {
  return command
    .option('--url <address>', 'gateway to ask; without it the one of the config')
    .option('--token-file <file>', `file that holds a token with scope ${scope} (or set OPENCLAW_TOKEN)`)
    .option('--json', 'print JSON')
}
