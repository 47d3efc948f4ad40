import { setTimeout as wait } from 'node:timers/promises'
import { exitCodes } from './exit-codes.ts'
import { callGateway, fieldsOf, gatewaySession, type SessionOptions } from './gateway-session.ts'
import { print, printError, printJson, table } from './output.ts'

/** Options of `openclaw channels status`. */
export interface ChannelsStatusOptions extends SessionOptions {
  readonly probe?: boolean
}

type Channels = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const probeMs = 60_000
const lookAgainMs = 1_000

/**
 * Shows how each channel of the running gateway is. With `--probe` it waits up to a minute until each was heard of since the command began,
 * and exits with 1 where one was not.
 */
export async function channelsStatus(options: ChannelsStatusOptions): Promise<number> {
  const session = gatewaySession(options)
  const ask = async (): Promise<Channels> => {
    const { channels } = fieldsOf(await callGateway(session, '/health/detail'))
    return Object.fromEntries(Object.entries(fieldsOf(channels)).map(([name, one]) => [name, fieldsOf(one)]))
  }
  const startedAt = Date.now()
  let channels = await ask()
  const isProven = (): boolean => Object.values(channels).every((one) => isHeardSince(one, startedAt))
  if (options.probe === true) {
    while (!isProven() && Date.now() - startedAt < probeMs) {
      await wait(lookAgainMs)
      channels = await ask()
    }
  }
  show(channels, options)
  return options.probe === true && !isProven() ? exitCodes.failure : exitCodes.ok
}

function isHeardSince({ status, lastProofAt }: Readonly<Record<string, unknown>>, since: number): boolean {
  return status === 'connected' && typeof lastProofAt === 'string' && Date.parse(lastProofAt) >= since
}

function show(channels: Channels, options: ChannelsStatusOptions): void {
  const rows = Object.entries(channels)
  if (options.json === true) {
    printJson({ data: rows.map(([name, one]) => ({ name, ...one })) })
    return
  }
  if (rows.length === 0) {
    print('No channel is configured. See docs/channels.md.')
    return
  }
  const cells = rows.map(([name, { status, since, lastProofAt }]) => [
    name,
    String(status),
    String(since),
    typeof lastProofAt === 'string' ? lastProofAt : '-',
  ])
  for (const line of table([['CHANNEL', 'STATUS', 'SINCE', 'LAST HEARD'], ...cells])) print(line)
  for (const [name, { status, lastError, remedy, sentence }] of rows) {
    if (status === 'disconnected' && typeof lastError === 'string') printError(`${name}: ${lastError}`)
    for (const words of [remedy, sentence]) if (typeof words === 'string') printError(`${name}: ${words}`)
  }
}
