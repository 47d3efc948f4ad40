import { exitCodes } from './exit-codes.ts'
import {
  callGateway,
  fieldsOf,
  type GatewaySession,
  gatewaySession,
  rowsOf,
  type SessionOptions,
} from './gateway-session.ts'
import {
  createLinePrinter,
  hasReaderLeft,
  isTerminal,
  print,
  printError,
  printJson,
  table,
} from './output.ts'

/** Options of `openclaw conversations list`. */
export interface ConversationsOptions extends SessionOptions {
  readonly channel?: string
  readonly limit: number
  readonly cursor?: string
}

type Fields = Readonly<Record<string, unknown>>

const root = '/api/v1/conversations'
const pageRows = 100

/** Lists conversations, newest first. */
export async function conversationsList(options: ConversationsOptions): Promise<number> {
  const { channel, limit, cursor } = options
  const query = new URLSearchParams({ limit: String(limit) })
  if (channel !== undefined) query.set('channel', channel)
  if (cursor !== undefined) query.set('cursor', cursor)
  const body = await callGateway(gatewaySession(options), `${root}?${query}`)
  if (options.json === true) {
    printJson(body)
    return exitCodes.ok
  }
  const rows = rowsOf(body)
  if (rows.length === 0) print('There are no conversations that this token sees.')
  else {
    const heading = ['ID', 'CHANNEL', 'CHAT', 'MESSAGES', 'UPDATED', 'TITLE']
    const names = ['id', 'channel', 'chatId', 'messageCount', 'updatedAt', 'title']
    for (const line of table([heading, ...rows.map((row) => names.map((name) => word(row[name])))]))
      print(line)
  }
  const { nextCursor } = fieldsOf(body)
  if (typeof nextCursor === 'string') printError(`There are more: --cursor ${nextCursor}`)
  return exitCodes.ok
}

/** Prints a conversation with all its messages. */
export async function conversationsShow(id: string, options: SessionOptions): Promise<number> {
  const { conversation, messages } = await whole(gatewaySession(options), id)
  if (options.json === true) {
    printJson({ ...conversation, messages })
    return exitCodes.ok
  }
  const { channel, title, createdAt } = conversation
  print(`${word(conversation.id)}  ${word(channel)}  ${word(createdAt)}  ${word(title)}`)
  for (const { role, status, createdAt: at, content } of messages) {
    const mark = status === 'complete' ? '' : ` (${word(status)})`
    print(`\n${word(role)}${mark}, ${word(at)}`)
    print(harmless(String(content)))
  }
  return exitCodes.ok
}

/** Deletes a conversation and its messages. */
export async function conversationsDelete(id: string, options: SessionOptions): Promise<number> {
  const body = await callGateway(gatewaySession(options), pathOf(id), { method: 'DELETE' })
  if (options.json === true) printJson(body)
  else print(`${id} is deleted.`)
  return exitCodes.ok
}

/** Prints conversations with their messages as NDJSON, reading them page by page. */
export async function conversationsExport(ids: readonly string[], options: SessionOptions): Promise<number> {
  const session = gatewaySession(options)
  const printLine = createLinePrinter()
  let count = 0
  for await (const id of ids.length > 0 ? ids : allIds(session)) {
    if (hasReaderLeft()) break
    const { conversation, messages } = await whole(session, id)
    printLine(JSON.stringify({ ...conversation, messages }))
    count++
    if (count % pageRows === 0 && process.stderr.isTTY) process.stderr.write(`\r${count} conversations`)
  }
  if (process.stderr.isTTY && !isTerminal()) printError(`\r${count} conversations`)
  return exitCodes.ok
}

async function* allIds(session: GatewaySession): AsyncGenerator<string, void, undefined> {
  for (let cursor: unknown = ''; typeof cursor === 'string'; ) {
    const query = new URLSearchParams({ limit: String(pageRows), ...(cursor === '' ? {} : { cursor }) })
    const body = await callGateway(session, `${root}?${query}`)
    for (const { id } of rowsOf(body)) if (typeof id === 'string') yield id
    cursor = fieldsOf(body).nextCursor
  }
}

async function whole(
  session: GatewaySession,
  id: string,
): Promise<{ readonly conversation: Fields; readonly messages: readonly Fields[] }> {
  const all: Fields[] = []
  let conversation: Fields = {}
  for (let cursor: unknown = ''; typeof cursor === 'string'; ) {
    const query = new URLSearchParams({ limit: String(pageRows), ...(cursor === '' ? {} : { cursor }) })
    const { messages: _, hasMore: __, nextCursor, ...rest } = fieldsOf(await page(session, id, query, all))
    conversation = rest
    cursor = nextCursor
  }
  return { conversation, messages: all }
}

async function page(
  session: GatewaySession,
  id: string,
  query: URLSearchParams,
  into: Fields[],
): Promise<unknown> {
  const body = await callGateway(session, `${pathOf(id)}?${query}`)
  into.push(...rowsOf(body, 'messages'))
  return body
}

function pathOf(id: string): string {
  return `${root}/${encodeURIComponent(id)}`
}

function word(value: unknown): string {
  return harmless(String(value ?? '-')).replaceAll('\n', ' ')
}

// What a stranger wrote must not move the cursor, nor name the window.
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}--[\n\t]]/gv, '')
}
