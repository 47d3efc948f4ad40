import { createParser } from 'eventsource-parser'
import { openGateway, UnreachableError } from './ask-gateway.ts'
import { fieldsOf, type GatewaySession, noToken, refusal } from './gateway-session.ts'

/** How a reply came to its end. */
export interface Said {
  readonly conversationId: string
  readonly model: string
  readonly content: string
  /** The last frame, `done`. */
  readonly done: Readonly<Record<string, unknown>>
}

const errorBytesMax = 1024 * 1024

/**
 * Sends a message to `/chat/stream` and hands each piece of the reply over as it comes. Rejects with what the gateway says is wrong, also
 * in the middle of the reply, and with the signal's reason.
 */
export async function chatStream(
  session: GatewaySession,
  body: object,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<Said> {
  const { address, secret } = session
  if (secret === undefined) throw noToken()
  const response = await openGateway(address, '/api/v1/chat/stream', secret, { method: 'POST', body }, signal)
  response.setEncoding('utf8')
  const status = response.statusCode ?? 0
  if (status !== 200) {
    let text = ''
    for await (const piece of response) if (text.length < errorBytesMax) text += String(piece)
    throw refusal(address, status, parsed(text))
  }
  let conversationId = ''
  let model = ''
  let content = ''
  let end: Readonly<Record<string, unknown>> | undefined
  const parser = createParser({
    onEvent({ data }) {
      const frame = fieldsOf(parsed(data))
      if (frame.type === 'start') {
        conversationId = String(frame.conversationId)
        model = String(frame.model)
      } else if (frame.type === 'delta') {
        content += String(frame.content)
        onText(String(frame.content))
      } else end = frame
    },
  })
  try {
    for await (const piece of response) parser.feed(String(piece))
  } catch (error) {
    signal.throwIfAborted()
    throw cutShort(address.url, error)
  }
  if (end?.type === 'error') throw refusal(address, status, end)
  if (end?.type !== 'done') throw cutShort(address.url)
  return { conversationId, model, content, done: end }
}

function cutShort(url: string, cause?: unknown): UnreachableError {
  return new UnreachableError(`The reply was cut: the connection to ${url} broke off.`, { cause })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
