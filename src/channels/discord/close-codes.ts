import { tokenRemedy } from './config.ts'

/** What a closed connection means: go on with the session, begin a new one, or wait for a person. */
export interface Closing {
  readonly next: 'resume' | 'identify' | 'person'
  /** In words, for people. */
  readonly reason: string
  readonly remedy?: string
}

/** Says what the code means that Discord has closed the gateway's connection with; 1006 stands for a connection that was cut. */
export function closingOf(code: number): Closing {
  const known = codes.get(code)
  if (known) return known
  if (code === 1006) return { next: 'resume', reason: 'The connection to Discord was cut.' }
  return { next: 'resume', reason: `Discord closed the connection (${code}).` }
}

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
const codes: ReadonlyMap<number, Closing> = new Map<number, Closing>([
  [4003, { next: 'identify', reason: 'Discord no longer knows the session (4003).' }],
  [4006, { next: 'identify', reason: 'Discord no longer knows the session (4006).' }],
  [4007, { next: 'identify', reason: 'Discord does not know the place in the session (4007).' }],
  [4008, { next: 'resume', reason: 'Discord found us too fast (4008).' }],
  [4009, { next: 'identify', reason: 'The session has timed out (4009).' }],
  [4004, { next: 'person', reason: "Discord does not accept the bot's token (4004).", remedy: tokenRemedy }],
  [
    4010,
    {
      next: 'person',
      reason: 'Discord does not accept the shard (4010).',
      remedy: 'Report it: the gateway uses one connection and names no shard.',
    },
  ],
  [
    4011,
    {
      next: 'person',
      reason: 'The bot is in too many servers for one connection (4011).',
      remedy:
        'Discord wants bots in more than 2,500 servers to be sharded, which this gateway is not: remove it from some.',
    },
  ],
  [
    4012,
    {
      next: 'person',
      reason: 'Discord no longer serves version 10 of its gateway (4012).',
      remedy: 'Update the gateway.',
    },
  ],
  [
    4013,
    {
      next: 'person',
      reason: 'Discord does not know the intents that were asked for, Message Content among them (4013).',
      remedy: 'Update the gateway, or check channels.discord.apiRoot.',
    },
  ],
  [
    4014,
    {
      next: 'person',
      reason: 'The bot may not read messages: the Message Content intent is not enabled (4014).',
      remedy:
        'Enable the Message Content intent in the developer portal: Applications, your application, Bot, Privileged Gateway Intents.',
    },
  ],
])
