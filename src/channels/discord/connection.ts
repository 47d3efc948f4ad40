import type { ChannelLink } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, listAt, textAt } from '../fields.ts'
import { type DiscordTimings, identity, intents } from './config.ts'
import type { Directory } from './directory.ts'
import { type Dispatch, type Ending, GatewaySocket } from './gateway-socket.ts'
import { Intake } from './intake.ts'
import type { Messages } from './messages.ts'
import type { Missed } from './missed.ts'
import type { GatewaySession, SessionMemory } from './session.ts'
import { isAfter } from './snowflake.ts'

/** What a connection works with. */
export interface ConnectionParts {
  readonly token: string
  readonly link: ChannelLink
  readonly timings: DiscordTimings
  /** From 0 to 1. */
  readonly random: () => number
  readonly memory: SessionMemory
  readonly directory: Directory
  readonly messages: Messages
  readonly missed: Missed
  /** The session stands. */
  readonly onReady: () => void
}

/** Where to connect, and what for. */
export interface Destination {
  readonly url: string
  /** The session to go on with; undefined to begin a new one. */
  readonly resume: GatewaySession | undefined
}

const eventsMax = 5_000
const charactersMax = 32 * 1024 * 1024

/**
 * Connects, begins or resumes a session, and takes its events until the connection is over; resolves to why, once what it has taken is
 * durable or some seconds have passed. The signal leaves such that the session can be resumed.
 */
export async function runConnection(
  parts: ConnectionParts,
  { url, resume }: Destination,
  signal: AbortSignal,
): Promise<Ending> {
  const { link, timings, memory, directory, missed, random } = parts
  const chatIds = resume && memory.historySince === undefined ? [] : await link.knownChats()
  const ended = Promise.withResolvers<Ending>()
  const over = new AbortController()
  let isOver = false

  const intake = new Intake(memory.sequence, {
    eventsMax,
    charactersMax,
    onDurable: (sequence) => {
      if (isOver) return
      memory.sequence = sequence
      memory.note()
    },
    onFailure: (reason) => socket.end({ next: 'resume', reason }),
  })
  const place = { intake, signal: over.signal }

  const ready = (): void => {
    socket.established()
    memory.noteNow()
    link.connected(timings.silenceMs)
    parts.onReady()
  }
  const onDispatch = (dispatch: Dispatch): void => {
    const { name, sequence, data, characters } = dispatch
    switch (name) {
      case 'READY':
        begin(memory, data, sequence)
        missed.begin(
          place,
          chatIds,
          guildIds(data).filter((id) => directory.isListed(id)),
        )
        ready()
        break
      case 'RESUMED':
        ready()
        break
      case 'MESSAGE_CREATE':
        if (takeMessage(parts, intake, data, sequence, characters)) return
        break
      case 'GUILD_CREATE':
        for (const { id, lastMessageId } of directory.addGuild(data, memory.botId)) {
          const since = memory.historySince
          if (since !== undefined && lastMessageId !== undefined && isAfter(lastMessageId, since))
            missed.read(id)
        }
        missed.guildTold(textAt(data, 'id') ?? '')
        memory.botRoleIds = [...directory.botRoleIds]
        break
      case 'GUILD_DELETE':
        missed.guildTold(textAt(data, 'id') ?? '')
        break
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
        directory.addChannel(data)
        break
    }
    intake.skip(sequence)
  }

  const socket = new GatewaySocket(url, timings, {
    onHello: () => {
      const { token } = parts
      if (resume) socket.resume({ token, session_id: resume.id, seq: memory.sequence })
      else socket.identify({ token, intents, properties: identity, compress: false })
    },
    onDispatch,
    onAlive: () => link.alive(),
    onEnd: ended.resolve,
    durable: () => (intake.durable > 0 ? intake.durable : null),
    random,
  })
  // What a resumed session replays comes after what is still to be read.
  if (resume) missed.begin(place, chatIds, [])
  const leave = (): void => socket.end({ next: 'resume', reason: 'The channel was stopped.' })
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()

  const ending = await ended.promise
  signal.removeEventListener('abort', leave)
  over.abort()
  await settled(intake, timings.settleMs)
  if (signal.aborted) await socket.closed
  isOver = true
  return ending
}

function begin(memory: SessionMemory, ready: Fields, sequence: number): void {
  const id = textAt(ready, 'session_id')
  memory.session = id === undefined ? undefined : { id, resumeUrl: textAt(ready, 'resume_gateway_url') }
  memory.sequence = sequence
  memory.botId = textAt(fieldsAt(ready, 'user') ?? {}, 'id') ?? memory.botId
}

function guildIds(ready: Fields): readonly string[] {
  return listAt(ready, 'guilds').flatMap((guild) => textAt(guild, 'id') ?? [])
}

// False for one that brings nothing: it is said in a server that nobody has listed, and is not read.
function takeMessage(
  { directory, messages }: ConnectionParts,
  intake: Intake,
  message: Fields,
  sequence: number,
  characters: number,
): boolean {
  const guildId = textAt(message, 'guild_id') ?? null
  const chatId = textAt(message, 'channel_id')
  if (chatId === undefined || (guildId !== null && !directory.isListed(guildId))) return false
  intake.take(sequence, chatId, characters, () => messages.receive(message, guildId))
  return true
}

async function settled(intake: Intake, settleMs: number): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, settleMs)
  await Promise.race([intake.close(), late.promise])
  clearTimeout(timer)
}
