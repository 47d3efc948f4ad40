import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig } from '../config/load.ts'
import { channelNames } from '../domain/channels/access.ts'
import { approvePairing } from '../domain/channels/approve-pairing.ts'
import type { ChannelName } from '../domain/channels/channel.ts'
import type { Pairing } from '../domain/channels/channel-store.ts'
import type { PairingParts } from '../domain/channels/pairing-parts.ts'
import { revokePairing } from '../domain/channels/revoke-pairing.ts'
import { openState } from '../open-state.ts'
import { userAtTerminal } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson, table } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Lists who was let in by a code, and whose code still waits; given a channel, those of that one. */
export async function pairingList(channel: string | undefined, options: JsonOptions): Promise<number> {
  const only = channel === undefined ? undefined : channelOf(channel, 'openclaw pairing list telegram')
  return await withPairings(async ({ store, now }) => {
    const all = await store.channels.pairings.list(now())
    const rows = all.filter((one) => only === undefined || one.channel === only)
    if (options.json === true) printJson({ data: rows.map(viewOf) })
    else if (rows.length === 0) print('Nobody waits and nobody was let in by a code.')
    else for (const line of table([heading, ...rows.map(cellsOf)])) print(line)
    return exitCodes.ok
  })
}

/** Lets in who holds a code; the next message is answered, also by a gateway that runs. */
export async function pairingApprove(channel: string, code: string, options: JsonOptions): Promise<number> {
  const name = channelOf(channel, 'openclaw pairing approve telegram ABCD2345')
  return await withPairings(async (parts) => {
    const pairing = await approvePairing(parts, { channel: name, code })
    if (options.json === true) printJson(viewOf(pairing))
    else print(`${nameOf(pairing)} (${pairing.userId}) may write on ${name} from the next message on.`)
    return exitCodes.ok
  })
}

/** Forgets somebody; the next message is a stranger's. */
export async function pairingRevoke(channel: string, userId: string, options: JsonOptions): Promise<number> {
  const name = channelOf(channel, 'openclaw pairing revoke telegram 123456789')
  return await withPairings(async (parts) => {
    await revokePairing(parts, { channel: name, userId })
    if (options.json === true) printJson({ channel: name, userId, revoked: true })
    else {
      print(`${userId} is a stranger on ${name} from the next message on.`)
      printError(`An id that stands in channels.${name}.allowFrom is still let in by that.`)
    }
    return exitCodes.ok
  })
}

// The folder of the state does not stand in the config, so that a mistake there keeps nobody out.
async function withPairings(command: (parts: PairingParts) => Promise<number>): Promise<number> {
  const store = await openState(defaultConfig({ env: environment(), home: homedir() }))
  try {
    return await command({ store, now: () => Date.now(), actor: userAtTerminal() })
  } finally {
    await store.close()
  }
}

function channelOf(text: string, example: string): ChannelName {
  const name = channelNames.find((one) => one === text.toLowerCase())
  if (name) return name
  throw new UsageError(
    `There is no channel ${JSON.stringify(text.slice(0, 40))}. Channels: ${channelNames.join(', ')}.`,
    example,
  )
}

const heading = ['CHANNEL', 'ID', 'NAME', 'STATUS', 'CODE', 'UNTIL OR SINCE']

function cellsOf(pairing: Pairing): readonly string[] {
  const { channel, userId, code, approvedAt, expiresAt } = pairing
  const at = approvedAt ?? expiresAt
  const status = approvedAt === null ? 'waiting' : 'approved'
  return [channel, userId, nameOf(pairing), status, code ?? '-', at === null ? '-' : iso(at)]
}

function viewOf(pairing: Pairing): Readonly<Record<string, unknown>> {
  const { channel, userId, code, createdAt, expiresAt, approvedAt } = pairing
  return {
    channel,
    userId,
    name: nameOf(pairing),
    status: approvedAt === null ? 'waiting' : 'approved',
    code,
    createdAt: iso(createdAt),
    expiresAt: expiresAt === null ? null : iso(expiresAt),
    approvedAt: approvedAt === null ? null : iso(approvedAt),
  }
}

// People choose their names: nothing of one may steer a terminal.
function nameOf({ name }: Pairing): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
