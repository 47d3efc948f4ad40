import { type Command, InvalidArgumentError } from 'commander'
import { type SetExitCode, withExamples } from './grammar.ts'
import type { InitOptions } from './init.ts'

/** Adds `openclaw init`. */
export function addInitCommand(program: Command, setExitCode: SetExitCode): void {
  const init = program
    .command('init')
    .description('write a first config file and make a first token; asks, or takes its options')
    .option('--provider <name>', 'anthropic, openai, gemini, openrouter, ollama, a name of your own, or none')
    .option('--base-url <address>', 'address of a provider that is not known by name')
    .option('--api-key-env <variable>', 'variable that holds the key; the config refers to it')
    .option('--api-key-file <file>', 'file that holds the key; the key goes into the config')
    .option('--model <id>', 'default model')
    .option('--port <number>', 'port of the gateway', parsePort)
    .option('--channels <names>', 'telegram, discord, slack, or none; their tokens come from variables')
    .option('--token-name <name>', 'name of the first token, or none')
    .option('--token-scope <scopes>', 'its scopes')
    .option('--no-check', 'do not ask the provider for its models')
    .option('--yes', 'ask nothing: what is not given has its default')
    .option('--force', 'move a config file that exists aside')
    .option('--json', 'print JSON')
    .action(async () => {
      const { initCommand } = await import('./init.ts')
      setExitCode(await initCommand(init.optsWithGlobals<InitOptions>()))
    })
  withExamples(
    init,
    'openclaw init',
    'openclaw init --provider anthropic --api-key-env ANTHROPIC_API_KEY --yes',
    'openclaw init --provider none --channels none --yes --json',
  )
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new InvalidArgumentError('Expected a whole number from 1 to 65535.')
}
