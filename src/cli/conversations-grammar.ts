import { type Command, InvalidArgumentError } from 'commander'
import type { ConversationsOptions } from './conversations.ts'
import type { SessionOptions } from './gateway-session.ts'
import { type SetExitCode, withExamples } from './grammar.ts'
import { withSession } from './session-options.ts'

/** Adds `openclaw conversations list|show|delete|export`. */
export function addConversationsCommands(program: Command, setExitCode: SetExitCode): void {
  const conversations = program
    .command('conversations')
    .description('see, delete and export what was said')
    .helpCommand(false)
  withExamples(
    conversations,
    'openclaw conversations list',
    'openclaw conversations show conv_123',
    'openclaw conversations export > all.ndjson',
  )
  const list = withSession(conversations.command('list'), 'read')
    .description('list conversations, newest first')
    .option('--channel <name>', 'only those of this channel: api, telegram, …')
    .option('--limit <number>', '1 to 100', parseLimit, 20)
    .option('--cursor <cursor>', 'continue a list')
    .action(async () => {
      const { conversationsList } = await import('./conversations.ts')
      setExitCode(await conversationsList(list.optsWithGlobals<ConversationsOptions>()))
    })
  withExamples(list, 'openclaw conversations list --channel telegram')
  const show = withSession(conversations.command('show'), 'read')
    .description('print a conversation')
    .argument('<id>', 'its id')
    .action(async (id: string) => {
      const { conversationsShow } = await import('./conversations.ts')
      setExitCode(await conversationsShow(id, show.optsWithGlobals<SessionOptions>()))
    })
  withExamples(show, 'openclaw conversations show conv_123')
  const remove = withSession(conversations.command('delete'), 'chat')
    .description('delete a conversation and its messages')
    .argument('<id>', 'its id')
    .action(async (id: string) => {
      const { conversationsDelete } = await import('./conversations.ts')
      setExitCode(await conversationsDelete(id, remove.optsWithGlobals<SessionOptions>()))
    })
  withExamples(remove, 'openclaw conversations delete conv_123')
  const all = withSession(conversations.command('export'), 'read')
    .description(
      'print conversations with their messages, one JSON object a line; all that the token sees by default',
    )
    .argument('[id...]', 'ids of single ones')
    .action(async (ids: readonly string[]) => {
      const { conversationsExport } = await import('./conversations.ts')
      setExitCode(await conversationsExport(ids, all.optsWithGlobals<SessionOptions>()))
    })
  withExamples(all, 'openclaw conversations export > all.ndjson', 'openclaw conversations export conv_123')
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= 100) return limit
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.')
}
