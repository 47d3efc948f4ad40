import { createInterface, type Interface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { chatStream, type Said } from './chat-stream.ts'
import { exitCodes } from './exit-codes.ts'
import { explain } from './explain.ts'
import {
  callGateway,
  type GatewaySession,
  gatewaySession,
  noToken,
  rowsOf,
  type SessionOptions,
} from './gateway-session.ts'
import { isTerminal, print, printError, printJson } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw chat`. */
export interface ChatOptions extends SessionOptions {
  readonly conversation?: string
  readonly model?: string
  readonly system?: string
}

interface Talk {
  conversationId: string | undefined
  model: string | undefined
  readonly system: string | undefined
}

/**
 * Sends one message, given or from stdin, and prints the reply as it comes; on a terminal without a message it goes on until Ctrl-D.
 * Ctrl-C stops the answer, and between two of them the program.
 */
export async function chatCommand(words: readonly string[], options: ChatOptions): Promise<number> {
  const session = gatewaySession(options)
  if (session.secret === undefined) throw noToken()
  const talk: Talk = { conversationId: options.conversation, model: options.model, system: options.system }
  const given = words.join(' ')
  if (given !== '') return once(session, talk, given, options)
  if (process.stdin.isTTY === true && options.json !== true) return converse(session, talk)
  const message = (await text(process.stdin)).trim()
  if (message === '') throw new UsageError('There is no message.', 'openclaw chat "Hello"')
  return once(session, talk, message, options)
}

async function once(
  session: GatewaySession,
  talk: Talk,
  message: string,
  options: ChatOptions,
): Promise<number> {
  const stop = new AbortController()
  const onInterrupt = (): void => stop.abort(new Stopped())
  process.once('SIGINT', onInterrupt)
  try {
    const write = options.json === true ? () => undefined : writeText
    const said = await chatStream(session, bodyOf(talk, message), write, stop.signal)
    if (options.json === true) printJson(replyOf(said))
    else process.stdout.write('\n')
    return exitCodes.ok
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    return exitCodes.failure
  } finally {
    process.removeListener('SIGINT', onInterrupt)
  }
}

const help = `/new       begin a new conversation
/model ID  ask another model; without an id its gateway's default
/models    list the models
/exit      leave (also Ctrl-D); Ctrl-C stops an answer`

async function converse(session: GatewaySession, talk: Talk): Promise<number> {
  printError('Write a message; /help tells more. Ctrl-C stops an answer, Ctrl-D leaves.')
  const lines = createInterface({ input: process.stdin, output: process.stdout, historySize: 500 })
  let stop: AbortController | undefined
  lines.on('SIGINT', () => {
    if (stop) stop.abort(new Stopped())
    else lines.close()
  })
  try {
    for (;;) {
      const line = await nextLine(lines)
      if (line === undefined || line === '/exit' || line === '/quit') return exitCodes.ok
      if (line === '') continue
      if (line.startsWith('/')) {
        await obey(session, talk, line).catch(explain)
        continue
      }
      stop = new AbortController()
      try {
        const said = await chatStream(session, bodyOf(talk, line), writeText, stop.signal)
        talk.conversationId = said.conversationId
        process.stdout.write('\n')
      } catch (error) {
        process.stdout.write('\n')
        if (error instanceof Stopped) printError('(stopped)')
        else explain(error)
      } finally {
        stop = undefined
      }
    }
  } finally {
    lines.close()
  }
}

async function nextLine(lines: Interface): Promise<string | undefined> {
  const closed = new AbortController()
  const onClose = (): void => closed.abort()
  lines.once('close', onClose)
  try {
    return (await lines.question('> ', { signal: closed.signal })).trim()
  } catch {
    process.stdout.write('\n')
    return undefined
  } finally {
    lines.removeListener('close', onClose)
  }
}

async function obey(session: GatewaySession, talk: Talk, line: string): Promise<void> {
  const [command, ...rest] = line.split(/\s+/)
  switch (command) {
    case '/new':
      talk.conversationId = undefined
      return printError('A new conversation begins with the next message.')
    case '/model':
      talk.model = rest[0]
      return printError(
        talk.model === undefined ? "The gateway's default answers." : `${talk.model} answers.`,
      )
    case '/models':
      for (const { id } of rowsOf(await callGateway(session, '/api/v1/models'))) print(String(id))
      return
    default:
      printError(help)
  }
}

function bodyOf(talk: Talk, message: string): object {
  return {
    message,
    ...(talk.conversationId === undefined ? {} : { conversationId: talk.conversationId }),
    ...(talk.model === undefined ? {} : { model: talk.model }),
    ...(talk.system === undefined ? {} : { systemPrompt: talk.system }),
  }
}

function replyOf({ conversationId, model, content, done }: Said): object {
  const { type: _, ...rest } = done
  return { ...rest, conversationId, role: 'assistant', content, model }
}

// On a terminal an answer must not move the cursor, nor name the window.
function writeText(piece: string): void {
  process.stdout.write(isTerminal() ? piece.replaceAll(/[\p{Cc}--[\n\t]]/gv, '') : piece)
}

/** The person pressed Ctrl-C. */
class Stopped extends Error {}
