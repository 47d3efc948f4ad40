import type { Command } from 'commander'
import type { ChatOptions } from './chat.ts'
import { type SetExitCode, withExamples } from './grammar.ts'
import { withSession } from './session-options.ts'

/** Adds `openclaw chat`. */
export function addChatCommand(program: Command, setExitCode: SetExitCode): void {
  const chat = withSession(program.command('chat'), 'chat')
    .description('talk to a model through the running gateway; the answer is printed as it comes')
    .argument(
      '[message...]',
      'one message; without it a conversation on a terminal, else stdin is the message',
    )
    .option('--conversation <id>', 'go on with a conversation, or open one under this id')
    .option('--model <id>', 'model to ask')
    .option('--system <text>', 'system prompt')
    .action(async (words: readonly string[]) => {
      const { chatCommand } = await import('./chat.ts')
      setExitCode(await chatCommand(words, chat.optsWithGlobals<ChatOptions>()))
    })
  withExamples(
    chat,
    'openclaw chat "Hello"',
    'openclaw chat',
    'openclaw chat --model demo --json "Hello"',
    'git diff | openclaw chat --system "Write a commit message."',
  )
}
