import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a person writes to the simple platform. */
export interface SimpleUpdate {
  readonly chatId: string
  readonly text: string
  readonly userId?: string
  readonly isBot?: boolean
  /** Set for a copy of an update that was sent before. */
  readonly updateId?: string
  readonly group?: { readonly roomId: string; readonly isAddressed: boolean }
}

/** A part that stands in a chat. */
export interface SimplePost {
  readonly id: string
  readonly chatId: string
  readonly text: string
  readonly nonce: string
}

/** How the platform takes a part: a status with a body, or `cut`, which breaks the connection after the part was taken. */
export type Take = { readonly status: number; readonly body: unknown } | 'cut' | 'take'

/** The simplest chat platform: a queue of updates that is polled with an offset, and posts. It runs in this process, on loopback. */
export interface SimplePlatform extends AsyncDisposable {
  readonly url: string
  /** All parts that were taken, in order, those that were posted twice twice. */
  readonly posted: readonly SimplePost[]
  /** Chats in which typing was shown, in order. */
  readonly typing: readonly string[]
  /** Posts that were tried, taken or not. */
  tries(): number
  /** How each post is taken; may be changed at any time. */
  take: (post: Omit<SimplePost, 'id'>, tries: number) => Take
  /** Somebody writes. Returns the update's id. */
  say(update: SimpleUpdate): string
  /** Refuses every request from now on, or serves again. */
  away(isAway: boolean): void
  /** The updates that were acknowledged. */
  acknowledged(): number
}

const pollMs = 100

/** Starts a platform. */
export async function startSimplePlatform(): Promise<SimplePlatform> {
  const updates: (SimpleUpdate & { readonly id: number; readonly updateId: string; readonly at: number })[] =
    []
  const posted: SimplePost[] = []
  const typing: string[] = []
  const waiting = new Set<() => void>()
  let isAway = false
  let acknowledged = 0
  let tries = 0
  let lastPost = 0
  const platform = { take: (): Take => 'take' }

  const poll = async (response: ServerResponse, after: number): Promise<void> => {
    acknowledged = Math.max(acknowledged, after)
    if (updates.length <= after) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(end)
          resolve()
        }
        const timer = setTimeout(end, pollMs)
        waiting.add(end)
      })
    }
    if (isAway) response.destroy()
    else answer(response, 200, updates.slice(after, after + 50))
  }
  const post = (response: ServerResponse, part: Omit<SimplePost, 'id'>): void => {
    const take = self.take(part, ++tries)
    if (typeof take === 'object') {
      answer(response, take.status, take.body)
      return
    }
    const id = String(++lastPost)
    posted.push({ ...part, id })
    if (take === 'cut') response.destroy()
    else answer(response, 200, { id })
  }
  const server = createServer((request, response) => {
    if (isAway) {
      response.destroy()
      return
    }
    const url = new URL(request.url ?? '/', 'http://platform')
    if (url.pathname === '/updates') void poll(response, Number(url.searchParams.get('after')))
    else
      void bodyOf(request).then((body) => {
        if (url.pathname === '/post') post(response, postOf(body))
        else {
          typing.push(String(fieldsOf(body).chatId))
          answer(response, 200, {})
        }
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const self: SimplePlatform = {
    url: `http://127.0.0.1:${addressOf(server.address()).port}`,
    posted,
    typing,
    tries: () => tries,
    take: platform.take,
    say(update) {
      const id = updates.length + 1
      const updateId = update.updateId ?? `u${id}`
      updates.push({ ...update, id, updateId, at: Date.now() })
      for (const wake of [...waiting]) wake()
      return updateId
    },
    away(away) {
      isAway = away
      for (const wake of [...waiting]) wake()
      if (away) server.closeAllConnections()
    },
    acknowledged: () => acknowledged,
    async [Symbol.asyncDispose]() {
      for (const wake of [...waiting]) wake()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return self
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return JSON.parse(text)
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

function postOf(body: unknown): Omit<SimplePost, 'id'> {
  const { chatId, text, nonce } = fieldsOf(body)
  return { chatId: String(chatId), text: String(text), nonce: String(nonce) }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (typeof address !== 'object' || address === null) throw new Error('the platform has no address')
  return address
}
