import { randomFillSync } from 'node:crypto'
import type { ChannelAccess } from '../../src/domain/channels/access.ts'
import type { RetryPlan } from '../../src/domain/channels/answer-inbound.ts'
import type { Channel, ChannelName } from '../../src/domain/channels/channel.ts'
import { ChannelHub } from '../../src/domain/channels/channel-hub.ts'
import type { ConfiguredChannel } from '../../src/domain/channels/running-channel.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { Context, Parts } from '../../src/domain/context.ts'
import { createIds } from '../../src/domain/ids.ts'
import type { LogFields } from '../../src/domain/log.ts'
import type { Store } from '../../src/domain/store.ts'
import { Outbox } from '../../src/domain/webhooks/outbox.ts'
import { newToken, partsOver, type TestSettings } from './domain-parts.ts'
import { ScriptedProvider } from './scripted-provider.ts'

/** How a test wants its hub. */
export interface HubUnderTest {
  readonly store: Store
  /** Makes the channel anew at each start. */
  readonly create: () => Channel | Promise<Channel>
  readonly name?: ChannelName
  readonly access?: Partial<ChannelAccess>
  readonly provider?: ScriptedProvider
  readonly plan?: RetryPlan
  readonly turnsMax?: number
  readonly settings?: TestSettings
}

/** A hub that runs over a real store, by the real clock, with a scripted model. */
export interface RunningHub extends AsyncDisposable {
  readonly hub: ChannelHub
  readonly parts: Parts
  readonly provider: ScriptedProvider
  readonly logged: readonly { readonly message: string; readonly fields: LogFields | undefined }[]
  /** What is configured; to be handed to `hub.sync` with a change. */
  readonly configured: ConfiguredChannel
  /** The settings of the channel; may be changed at any time. */
  access: ChannelAccess
  /** A request of an application that arrives now. */
  request(): Context
  /** Stops it as a gateway that is told to stop does. */
  close(graceMs?: number): Promise<void>
}

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Everybody may write, and every room is listed. */
export const openAccess: Omit<ChannelAccess, 'name'> = {
  dmPolicy: 'open',
  allowFrom: ['*'],
  groupPolicy: 'open',
  rooms: {},
}

/** Starts a hub with one channel, whose model answers `echo of …` unless it is told otherwise. */
export async function startHub(options: HubUnderTest): Promise<RunningHub> {
  const { store, name = 'telegram' } = options
  const provider = options.provider ?? echoProvider()
  const test = partsOver(store, [provider], options.settings)
  const fillRandom = (bytes: Uint8Array): void => void randomFillSync(bytes)
  const ids = createIds(clock.now, fillRandom)
  const hub = new ChannelHub({
    fillRandom,
    plan: options.plan ?? { waitsMs: [20, 40] },
    ...(options.turnsMax === undefined ? {} : { turnsMax: options.turnsMax }),
  })
  const self = { access: { name, ...openAccess, ...options.access } }
  const parts: Parts = {
    ...test,
    clock,
    ids,
    outbox: new Outbox({ clock, ids, endpoints: () => test.settings().webhooks.endpoints }),
    channels: hub,
    settings: () => ({ ...test.settings(), channels: [self.access] }),
  }
  const configured: ConfiguredChannel = {
    name,
    mark: 'first',
    secrets: ['a-secret-token'],
    create: async () => await options.create(),
  }
  await hub.start(parts, [configured])
  let closing: Promise<void> | undefined
  const close = (graceMs = 0): Promise<void> => {
    closing ??= hub.close(graceMs)
    return closing
  }
  return Object.assign(self, {
    hub,
    parts,
    provider,
    logged: test.logged,
    configured,
    request: (): Context => ({
      parts,
      actor: { type: 'token', token: newToken(['send']) },
      requestId: ids.next('req'),
      arrivedAt: clock.monotonic(),
      signal: new AbortController().signal,
    }),
    close,
    [Symbol.asyncDispose]: () => close(),
  })
}

/** A model that says back what it is told last. */
export function echoProvider(): ScriptedProvider {
  return new ScriptedProvider('acme', ['small'], async function* (turn) {
    yield { type: 'text', text: `echo of ${turn.messages.at(-1)?.content ?? ''}` }
    yield { type: 'finish', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } }
  })
}
