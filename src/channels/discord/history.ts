import type { Log } from '../../domain/log.ts'
import { pause } from '../../domain/supervise.ts'
import { type Fields, fieldsOf, isFields, textAt } from '../fields.ts'
import type { Directory } from './directory.ts'
import { DiscordFailure } from './failure.ts'
import type { Messages } from './messages.ts'
import type { DiscordRest } from './rest.ts'
import { isAfter, isSnowflake } from './snowflake.ts'

/** What reading a history works with. */
export interface HistoryParts {
  readonly rest: DiscordRest
  readonly messages: Messages
  readonly directory: Directory
  readonly log: Log
  /** Waits after trouble, the last of them for ever, in milliseconds. */
  readonly waitsMs: readonly number[]
}

const pageMax = 100

/**
 * Takes what was said in a chat since its newest known message, or since `since`, oldest first. A chat that may no longer be read is left
 * out; Discord's trouble is waited for. Rejects where its login is refused, the store fails, or the signal aborts.
 */
export async function readHistory(
  parts: HistoryParts,
  chatId: string,
  since: string,
  signal: AbortSignal,
): Promise<void> {
  const { rest, messages, log } = parts
  if (!isSnowflake(chatId)) return
  const seen = await messages.newestOf(chatId)
  let after = seen?.id ?? since
  let guildId = seen?.guildId
  for (;;) {
    const page = await stubbornly(parts, signal, () =>
      rest.get(`/channels/${chatId}/messages`, signal, { after, limit: String(pageMax) }),
    )
    const fresh = oldestFirst(fieldsOf(page)).filter((message) => isAfter(textAt(message, 'id') ?? '', after))
    const newest = fresh.at(-1)
    if (newest === undefined) return
    if (guildId === undefined) {
      guildId = await stubbornly(parts, signal, () => guildOf(parts, chatId, newest, signal))
    }
    // The chat cannot be told from others, or it is of a server that is not listed.
    if (guildId === undefined || (guildId !== null && !parts.directory.isListed(guildId))) return
    for (const message of fresh) await messages.receive(message, guildId)
    log('info', 'missed messages read', { messages: fresh.length })
    after = textAt(newest, 'id') ?? after
    if (fieldsOf(page).length < pageMax) return
  }
}

// A history does not say which server its messages stand in.
async function guildOf(
  { rest, directory }: HistoryParts,
  chatId: string,
  message: Fields,
  signal: AbortSignal,
): Promise<string | null> {
  const known = textAt(message, 'guild_id') ?? directory.guildOf(chatId)
  if (known !== undefined) return known
  const channel = await rest.get(`/channels/${chatId}`, signal)
  return (isFields(channel) ? textAt(channel, 'guild_id') : undefined) ?? null
}

async function stubbornly<T>(
  { waitsMs }: HistoryParts,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted()
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof DiscordFailure) || error.kind === 'login_refused') throw error
      if (error.kind !== 'retry') return undefined
      await pause(error.retryAfterMs ?? waitsMs[Math.min(tries, waitsMs.length - 1)] ?? 1_000, signal)
    }
  }
}

function oldestFirst(messages: readonly Fields[]): readonly Fields[] {
  return messages
    .filter((message) => isSnowflake(textAt(message, 'id') ?? ''))
    .toSorted((a, b) => (isAfter(textAt(a, 'id') ?? '', textAt(b, 'id') ?? '') ? 1 : -1))
}
