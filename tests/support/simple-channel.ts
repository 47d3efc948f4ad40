import {
  type Channel,
  ChannelFailure,
  type ChannelLink,
  type ChannelName,
  type OutgoingPart,
} from '../../src/domain/channels/channel.ts'
import { pause } from '../../src/domain/supervise.ts'

/** How long a simple part may be. */
export const simpleLimit = 1_000
const againMs = 50
const silenceMsMax = 2_000

/** A channel that speaks to the simple platform: what a real adapter is, without a real protocol. */
export class SimpleChannel implements Channel {
  readonly name: ChannelName
  /** What it was started with. */
  link: ChannelLink | undefined
  readonly #url: string
  readonly #stop = new AbortController()
  #polling: Promise<void> = Promise.resolve()

  constructor(url: string, name: ChannelName = 'telegram') {
    this.name = name
    this.#url = url
  }

  start(link: ChannelLink): void {
    this.link = link
    this.#polling = this.#poll(link)
  }

  render(markdown: string): readonly { readonly text: string }[] {
    const pieces = markdown.match(new RegExp(`[^]{1,${simpleLimit}}`, 'g')) ?? ['-']
    return pieces.map((text) => ({ text }))
  }

  async send(part: OutgoingPart, signal: AbortSignal): Promise<string> {
    const { status, body } = await this.#call('/post', part, signal)
    if (status === 200) return String(body.id)
    const words = String(body.error ?? status)
    if (status === 400) throw new ChannelFailure('chat_unknown', words)
    if (status === 401) throw new ChannelFailure('login_refused', words)
    if (status === 403) throw new ChannelFailure('chat_closed', words)
    if (status === 301) throw new ChannelFailure('chat_moved', words, { movedTo: String(body.movedTo) })
    if (status === 422) throw new ChannelFailure('refused', words)
    const retryAfterMs = typeof body.retryAfterMs === 'number' ? body.retryAfterMs : undefined
    throw new ChannelFailure('retry', words, retryAfterMs === undefined ? {} : { retryAfterMs })
  }

  async typing(chat: { readonly chatId: string }, signal: AbortSignal): Promise<void> {
    await this.#call('/typing', chat, signal)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#polling
  }

  async #poll(link: ChannelLink): Promise<void> {
    const { signal } = this.#stop
    let after = Number((await link.recall('after')) ?? 0)
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.#url}/updates?after=${after}`, { signal })
        const updates: unknown = await response.json()
        link.connected(silenceMsMax)
        if (!Array.isArray(updates)) continue
        for (const update of updates) {
          await link.receive(messageOf(update), JSON.stringify(update), {
            name: 'after',
            value: String(update.id),
          })
          after = Number(update.id)
        }
      } catch {
        if (signal.aborted) return
        link.disconnected('The simple platform cannot be reached.')
        await pause(againMs, signal)
      }
    }
  }

  async #call(
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal,
      })
      return { status: response.status, body: { ...Object(await response.json()) } }
    } catch (error) {
      signal.throwIfAborted()
      throw new ChannelFailure('retry', 'The connection broke.', { cause: error })
    }
  }
}

function messageOf(update: Readonly<Record<string, unknown>>) {
  const { updateId, chatId, text, userId, isBot, group } = update
  const room = group === undefined ? undefined : { ...Object(group) }
  return {
    updateId: String(updateId),
    chatId: String(chatId),
    route: {},
    from: { id: String(userId ?? chatId), name: `Person ${userId ?? chatId}`, isBot: isBot === true },
    kind: room ? ('group' as const) : ('direct' as const),
    roomId: room ? String(room.roomId) : null,
    isAddressed: room ? room.isAddressed === true : true,
    text: String(text),
    quoted: [],
    at: Number(update.at),
  }
}
