import type { Command } from 'commander'
import type { SessionOptions } from './gateway-session.ts'
import { type SetExitCode, withExamples } from './grammar.ts'
import { withSession } from './session-options.ts'

/** Adds `openclaw send`. */
export function addSendCommand(program: Command, setExitCode: SetExitCode): void {
  const send = withSession(program.command('send'), 'send')
    .description('have the running gateway send a message to a chat')
    .argument('<channel>', 'telegram, discord or slack')
    .argument('<chatId>', "the platform's id of the chat")
    .argument('<text>', 'Markdown')
    .action(async (channel: string, chatId: string, text: string) => {
      const { sendCommand } = await import('./send.ts')
      setExitCode(await sendCommand(channel, chatId, text, send.optsWithGlobals<SessionOptions>()))
    })
  withExamples(
    send,
    'openclaw send telegram 123456789 "Your order has arrived."',
    'openclaw send slack C0123456789 "*Done*" --token-file ./token',
  )
}
