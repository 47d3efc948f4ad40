import type { Command } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'

const createExample = 'openclaw token create --name "my-app" --scope "chat,send,read"'

/** Adds `openclaw token create|list|rotate|revoke`. */
export function addTokenCommands(program: Command, setExitCode: SetExitCode): void {
  const token = program
    .command('token')
    .description('make, list, rotate and revoke API tokens, whether the gateway runs or not')
    .helpCommand(false)
  withExamples(
    token,
    createExample,
    'openclaw token list',
    'openclaw token rotate my-app',
    'openclaw token revoke my-app',
  )
  addCreate(token, setExitCode)
  addList(token, setExitCode)
  addRotate(token, setExitCode)
  addRevoke(token, setExitCode)
}

// What is needed is checked by the command itself: Commander would name a missing option before a mistyped one.
function addCreate(token: Command, setExitCode: SetExitCode): void {
  const create = token
    .command('create')
    .usage('--name <name> --scope <scopes> [options]')
    .description('make a token and print its secret, the only time that it is shown')
    .option('--name <name>', 'unique name, 1 to 64 characters')
    .option('--scope <scopes>', 'what it may do: chat, send, read, admin, separated by commas')
    .option('--expires <when>', '30d, 12h, never, or a date such as 2026-12-31', '90d')
    .option('--budget <amount/period>', 'the most that its turns may cost, for example 5/day or 100/month')
    .option('--json', 'print JSON')
    .action(async () => {
      const { tokenCreate } = await import('./token-create.ts')
      setExitCode(await tokenCreate(create.optsWithGlobals()))
    })
  withExamples(create, createExample, 'openclaw token create --name ci --scope chat --expires 12h --json')
}

function addList(token: Command, setExitCode: SetExitCode): void {
  const list = token
    .command('list')
    .description('list all tokens, those of the config file too')
    .option('--json', 'print JSON')
    .action(async () => {
      const { tokenList } = await import('./token-list.ts')
      setExitCode(await tokenList(list.optsWithGlobals<JsonOptions>()))
    })
  withExamples(list, 'openclaw token list', 'openclaw token list --json')
}

function addRotate(token: Command, setExitCode: SetExitCode): void {
  const rotate = token
    .command('rotate')
    .description('give a token a new secret; the old one works for 24 hours more')
    .argument('<token>', 'id, name, or a unique beginning of the id')
    .option('--json', 'print JSON')
    .action(async (reference: string) => {
      const { tokenRotate } = await import('./token-rotate.ts')
      setExitCode(await tokenRotate(reference, rotate.optsWithGlobals<JsonOptions>()))
    })
  withExamples(rotate, 'openclaw token rotate my-app')
}

function addRevoke(token: Command, setExitCode: SetExitCode): void {
  const revoke = token
    .command('revoke')
    .description('refuse a token from the next request on')
    .argument('<token>', 'id, name, a unique beginning of the id, or the whole secret')
    .option('--json', 'print JSON')
    .action(async (reference: string) => {
      const { tokenRevoke } = await import('./token-revoke.ts')
      setExitCode(await tokenRevoke(reference, revoke.optsWithGlobals<JsonOptions>()))
    })
  withExamples(revoke, 'openclaw token revoke my-app')
}
