import type { TestContext } from 'node:test'
import type { ChannelSubject, PlatformDriver } from '../../contracts/channel.ts'
import { type HubUnderTest, type RunningHub, startHub } from '../../support/channel-hub.ts'
import { openTestStore } from '../../support/domain-parts.ts'
import { eventually } from '../../support/eventually.ts'

/** How long the contract waits for what must come. */
export const waitMs = 15_000

/** A platform, and a hub over it that can be started again on the same data. */
export interface Stage {
  readonly platform: PlatformDriver
  readonly hub: RunningHub
  /** Stops the hub as a clean stop does. */
  stop(): Promise<void>
  /** Starts a new one on the same store. */
  start(): Promise<RunningHub>
  /** Resolves to what stands in a chat when there are so many texts. */
  posts(chatId: string, count: number): Promise<readonly string[]>
}

/** Sets a platform and a hub up that go away with the test. */
export async function stage(
  t: TestContext,
  subject: ChannelSubject,
  options: Partial<HubUnderTest> = {},
): Promise<Stage> {
  const stack = new AsyncDisposableStack()
  t.after(() => stack.disposeAsync())
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await subject.start())
  const create = async () => await platform.createChannel()
  const start = async (): Promise<RunningHub> => {
    const hub = stack.use(await startHub({ store, create, name: subject.name, ...options }))
    await isConnected(hub, subject)
    return hub
  }
  const hub = await start()
  let running = hub
  return {
    platform,
    hub,
    stop: () => running.close(),
    async start() {
      running = await start()
      return running
    },
    posts: (chatId, count) =>
      eventually(
        `${count} posts in the chat`,
        () => (platform.posted(chatId).length >= count ? platform.posted(chatId) : undefined),
        waitMs,
      ),
  }
}

/** Resolves when the channel is connected. */
export async function isConnected({ hub }: RunningHub, { name }: ChannelSubject): Promise<void> {
  await statusIs(hub, name, 'connected')
}

/** Resolves when the channel has that status. */
export async function statusIs(
  hub: RunningHub['hub'],
  name: string,
  status: 'connected' | 'disconnected',
): Promise<void> {
  await eventually(
    `${name} to be ${status}`,
    () => (hub.find(name)?.health.status === status ? true : undefined),
    30_000,
  )
}
