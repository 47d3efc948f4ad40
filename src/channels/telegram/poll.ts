import type { ChannelLink } from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import type { BotIdentity, TelegramApi } from './api.ts'
import { allowedUpdates, type TelegramTimings } from './config.ts'
import { TelegramError } from './failure.ts'
import { UpdateOffset } from './offset.ts'
import { numberedUpdate } from './parse.ts'
import type { UpdateReceiver } from './receive.ts'

/** What a link works with. */
export interface LinkParts {
  readonly api: TelegramApi
  readonly link: ChannelLink
  readonly receiver: UpdateReceiver
  readonly timings: TelegramTimings
}

/** Whose updates are polled for. */
export interface PolledBot {
  readonly bot: BotIdentity
  readonly apiRoot: string
  /** The last link ended because somebody else polled: only a first poll that is held and left alone proves that nobody does. */
  readonly afterConflict: boolean
}

const updatesMax = 100
const silenceSlackMs = 1_000

/** Polls until the signal aborts, then confirms what was received. Rejects where Telegram cannot be polled or an update not be stored. */
export async function poll(
  parts: LinkParts & { readonly onConnected: () => void },
  { bot, apiRoot, afterConflict }: PolledBot,
  signal: AbortSignal,
): Promise<void> {
  const { api, link, timings } = parts
  await leaveWebhook(parts, signal)
  const offset = await UpdateOffset.recall(link, `${bot.id}@${apiRoot}`)
  try {
    // The first answer is wanted at once: it proves that the link stands.
    let holdMs = afterConflict ? timings.probationMs : 0
    let isConnected = false
    while (!signal.aborted) {
      const from = offset.next
      const startedAt = link.clock.monotonic()
      const updates = await api.getUpdates(pollParameters(from, holdMs), signal, timings.pollDeadlineMs)
      offset.confirm(from)
      if (isConnected) link.alive()
      else {
        link.connected(timings.pollDeadlineMs + silenceSlackMs)
        parts.onConnected()
        isConnected = true
      }
      const isNew = await receiveAll(updates, offset, bot, parts, signal)
      const wasHeld = link.clock.monotonic() - startedAt >= holdMs / 2
      // Some proxies and emulators answer at once whatever is asked for.
      if (!isNew && holdMs > 0 && !wasHeld) await pause(timings.emptyPollMs, signal)
      holdMs = timings.pollMs
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    if (signal.aborted && offset.isUnconfirmed) await confirm(parts, offset)
  }
}

function pollParameters(offset: number | undefined, holdMs: number) {
  return {
    ...(offset === undefined ? {} : { offset }),
    limit: updatesMax,
    timeout: Math.ceil(holdMs / 1000),
    allowed_updates: allowedUpdates,
  }
}

// In order, and each durable before the next: a poll with a higher offset has Telegram forget the rest.
async function receiveAll(
  updates: readonly unknown[],
  offset: UpdateOffset,
  bot: BotIdentity,
  { link, receiver }: LinkParts,
  signal: AbortSignal,
): Promise<boolean> {
  let unstored: number | undefined
  let isNew = false
  for (const update of updates) {
    if (signal.aborted) break
    const numbered = numberedUpdate(update)
    if (!numbered) {
      link.log('warn', 'telegram update without a number skipped')
      continue
    }
    const { id, fields } = numbered
    const isStored = await receiver.take(fields, bot, offset.after(id))
    offset.pass(id)
    unstored = isStored ? undefined : id
    isNew = true
  }
  if (unstored !== undefined) await link.remember(offset.after(unstored))
  return isNew
}

// Telegram refuses to be polled while it posts to an address. Nothing that waits is dropped.
async function leaveWebhook({ api, link }: LinkParts, signal: AbortSignal): Promise<void> {
  try {
    await api.deleteWebhook(signal)
  } catch (error) {
    const isMissing = error instanceof TelegramError && (error.status === 400 || error.status === 404)
    if (!isMissing) throw error
    link.log('warn', 'telegram webhook not deleted', { status: error.status })
  }
}

async function confirm({ api, link, timings }: LinkParts, offset: UpdateOffset): Promise<void> {
  try {
    const last = { ...pollParameters(offset.next, 0), limit: 1 }
    await api.getUpdates(last, AbortSignal.timeout(timings.confirmMs), timings.confirmMs)
  } catch {
    // They come once more and are known then.
    link.log('info', 'telegram updates not confirmed')
  }
}
