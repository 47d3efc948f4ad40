import type { TestContext } from 'node:test'
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts'
import type { TelegramSettings, TelegramTimings } from '../../src/channels/telegram/config.ts'
import type { Channel } from '../../src/domain/channels/channel.ts'
import { eventually } from './eventually.ts'
import { MemoryLink } from './telegram-link.ts'
import { startTelegramServer, type TelegramServer } from './telegram-server.ts'

/** Telegram polls by whole seconds; everything else is as short as it can be. */
export const quickTimings: TelegramTimings = {
  pollMs: 1_000,
  probationMs: 1_000,
  pollDeadlineMs: 1_400,
  emptyPollMs: 50,
  callMs: 1_000,
  webhookCheckMs: 100,
  confirmMs: 500,
  unreachableMs: [20, 50, 100],
  conflictMs: [50, 100],
  loginMs: [300],
}

/** A fake Telegram, a link in memory and a channel between them. */
export interface TelegramStage {
  readonly server: TelegramServer
  readonly link: MemoryLink
  readonly channel: Channel
  /** Another channel over the same server and link. */
  create(settings?: Partial<TelegramSettings>, timings?: Partial<TelegramTimings>): Channel
  /** Resolves when the link was told so. */
  connected(): Promise<void>
  disconnected(reason: RegExp): Promise<void>
  /** Resolves to the texts received when there are so many. */
  texts(count: number): Promise<readonly string[]>
}

/** Sets a stage up that goes away with the test. The channel is not started. */
export async function telegramStage(
  t: TestContext,
  options: {
    readonly settings?: Partial<TelegramSettings>
    readonly timings?: Partial<TelegramTimings>
    readonly server?: Parameters<typeof startTelegramServer>[0]
  } = {},
): Promise<TelegramStage> {
  const stack = new AsyncDisposableStack()
  t.after(() => stack.disposeAsync())
  const server = stack.use(await startTelegramServer(options.server))
  const link = new MemoryLink()
  const create: TelegramStage['create'] = (settings, timings) => {
    const channel = createTelegramChannel(
      {
        botToken: server.token,
        apiRoot: server.url,
        textChunkLimit: 4096,
        ...options.settings,
        ...settings,
      },
      { ...quickTimings, ...options.timings, ...timings },
    )
    stack.defer(() => channel.stop())
    return channel
  }
  return {
    server,
    link,
    channel: create(),
    create,
    connected: async () => {
      await eventually('the link to stand', () => link.status?.status === 'connected' || undefined)
    },
    disconnected: async (reason) => {
      await eventually(`the link to be gone for ${reason}`, () =>
        link.status?.status === 'disconnected' && reason.test(link.status.reason) ? true : undefined,
      )
    },
    texts: (count) =>
      eventually(`${count} messages`, () =>
        link.received.length >= count ? link.received.map(({ text }) => text) : undefined,
      ),
  }
}
