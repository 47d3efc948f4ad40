import { Command, Help, InvalidArgumentError } from 'commander'
import { addAuditCommands } from './audit-grammar.ts'
import { addBackupCommand } from './backup-grammar.ts'
import { addChannelsCommands } from './channels-grammar.ts'
import { addChatCommand } from './chat-grammar.ts'
import { addCompletionCommand } from './completion-grammar.ts'
import { addConfigCommands } from './config-grammar.ts'
import { addConversationsCommands } from './conversations-grammar.ts'
import { addDoctorCommand } from './doctor-grammar.ts'
import { failWith, type GlobalOptions, type SetExitCode, withExamples } from './grammar.ts'
import { addInitCommand } from './init-grammar.ts'
import { addLogsCommand } from './logs-grammar.ts'
import { addModelsCommand } from './models-grammar.ts'
import { addPairingCommands } from './pairing-grammar.ts'
import { asCalled } from './program-name.ts'
import { addSendCommand } from './send-grammar.ts'
import { addSkillsCommands } from './skills-grammar.ts'
import { addStatusCommand } from './status-grammar.ts'
import { addTokenCommands } from './token-grammar.ts'
import { addUsageCommand } from './usage-grammar.ts'
import { version } from './version.ts'
import { addWebhookCommands } from './webhook-grammar.ts'

/** Returns the command line's grammar. What a command does is imported when it runs, so that help is quick. */
export function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('openclaw')
  program
    .description('OpenClaw Gateway: AI models and chat channels behind one REST API.')
    .version(version, '-V, --version', 'print the version')
    .option('--config <file>', 'config file to use; "openclaw config path" prints the default')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .configureOutput({
      outputError: () => undefined,
      writeOut: (text) => process.stdout.write(asCalled(text)),
      writeErr: (text) => process.stderr.write(asCalled(text)),
    })
    .addHelpText('after', rootHelp)
  failWith(program, 'openclaw --help')
  addInitCommand(program, setExitCode)
  addGatewayCommand(program, setExitCode)
  addChatCommand(program, setExitCode)
  addConversationsCommands(program, setExitCode)
  addModelsCommand(program, setExitCode)
  addSkillsCommands(program, setExitCode)
  addTokenCommands(program, setExitCode)
  addConfigCommands(program, setExitCode)
  addLogsCommand(program, setExitCode)
  addStatusCommand(program, setExitCode)
  addDoctorCommand(program, setExitCode)
  addAuditCommands(program, setExitCode)
  addUsageCommand(program, setExitCode)
  addWebhookCommands(program, setExitCode)
  addChannelsCommands(program, setExitCode)
  addPairingCommands(program, setExitCode)
  addSendCommand(program, setExitCode)
  addBackupCommand(program, setExitCode)
  addCompletionCommand(program, setExitCode)
  return program
}

// The longest list, and the one that is read first, names commands alone: arguments would push their sentences off the line.
function subcommandTerm(command: Command): string {
  return command.parent?.parent ? new Help().subcommandTerm(command) : command.name()
}

const rootHelp = `
Examples:
  openclaw gateway
      start the gateway on http://127.0.0.1:18789
  openclaw token create --name "my-app" --scope "chat,send,read"
      make a token for an application
  openclaw config validate
      check the config file

"openclaw <command> --help" tells more about a command.
Exit codes: 0 ok, 1 failure, 2 wrong arguments or config, 3 not found,
4 not allowed, 5 rate limited, 6 gateway unreachable.`

function addGatewayCommand(program: Command, setExitCode: SetExitCode): void {
  const gateway = program
    .command('gateway')
    .description('start the gateway and serve until SIGTERM or Ctrl-C')
    .option('--port <number>', 'port to listen on, 0 for a free one (default: 18789)', parsePort)
    .action(async () => {
      const { runGateway } = await import('./gateway.ts')
      setExitCode(await runGateway(gateway.optsWithGlobals<GlobalOptions & { readonly port?: number }>()))
    })
  withExamples(gateway, 'openclaw gateway --port 18789', 'openclaw gateway --config ./openclaw.json5')
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Expected a whole number from 1 to 65535, or 0 for a free port.')
}
