import { randomInt } from 'node:crypto'
import type { Channel, ChannelLink } from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import { renderDiscord } from '../render/discord.ts'
import { bareToken, type DiscordSettings, type DiscordTimings, defaultTimings } from './config.ts'
import { Directory } from './directory.ts'
import { keepConnected } from './keep-connected.ts'
import { Messages } from './messages.ts'
import { Missed } from './missed.ts'
import { createDiscordRest } from './rest.ts'
import { postMessage, showTyping } from './send.ts'
import { SessionMemory } from './session.ts'

const stopMs = 4_500
const startAgainMs = 2_000

/** Makes the channel of a bot on Discord. It connects when it is started. */
export function createDiscordChannel(
  settings: DiscordSettings,
  timings: DiscordTimings = defaultTimings,
): Channel {
  const rest = createDiscordRest(settings, timings)
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'discord',
    start(link) {
      running = run(link, stopping.signal)
    },
    render: (markdown) => renderDiscord(markdown),
    send: (part, signal) => postMessage(rest, part, signal),
    typing: ({ chatId }, signal) => showTyping(rest, chatId, signal),
    async stop() {
      stopping.abort()
      const late = new AbortController()
      await Promise.race([running, pause(stopMs, late.signal)])
      late.abort()
      rest.close()
    },
  }

  async function run(link: ChannelLink, signal: AbortSignal): Promise<void> {
    const { apiRoot, guilds } = settings
    while (!signal.aborted) {
      const memory = new SessionMemory(link, { apiRoot, rememberMs: timings.rememberMs })
      const directory = new Directory(guilds)
      const messages = new Messages(link, memory, directory)
      const waitsMs = timings.unreachableMs
      const missed = new Missed({ rest, messages, directory, log: link.log, waitsMs }, memory)
      const token = bareToken(settings.token)
      try {
        await memory.load()
        directory.addBotRoles(memory.botRoleIds)
        await keepConnected(
          { settings, rest, token, link, timings, random, memory, directory, messages, missed },
          signal,
        )
      } catch {
        // Only the store can have failed here; what it does not know, it is told again.
        link.log('error', 'what was received could not be noted')
        link.disconnected('The state of the channel could not be read or written.')
        await pause(startAgainMs, signal)
      }
    }
  }
}

function random(): number {
  return randomInt(1_000_000) / 1_000_000
}
