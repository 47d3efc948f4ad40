import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createSlackChannel, type SlackOptions } from '../../src/channels/slack/channel.ts'
import type { SlackSettings, SlackTimings } from '../../src/channels/slack/config.ts'
import type { Channel, ChannelState, InboundMessage } from '../../src/domain/channels/channel.ts'
import { eventually } from './eventually.ts'
import { SlackServer } from './slack-server.ts'
import type { SocketTimes } from './slack-sockets.ts'
import { MemoryLink } from './telegram-link.ts'

/** Everything as short as it can be; the proportions are those that the gateway runs with. */
export const quickTimings: SlackTimings = {
  callMs: 1_000,
  openMs: 500,
  pingMs: 60,
  silenceMs: 300,
  firstTryMs: 5,
  retryMs: [20, 40, 80, 160],
  refusedMs: [400, 800],
  stableMs: 50,
  graceMs: 200,
  lingerMs: 100,
  drainMs: 400,
  closeMs: 100,
  nameMs: 150,
}

/** The gateway's end of a link, with what was handed over raw. */
export class SlackLink extends MemoryLink {
  readonly raws: string[] = []
  /** How often `receive` was called, copies too. */
  calls = 0

  override async receive(message: InboundMessage, raw: string, state?: ChannelState): Promise<void> {
    this.calls++
    await super.receive(message, raw, state)
    this.raws.push(raw)
  }
}

/** A strict Slack, a link in memory and a channel between them. */
export interface SlackStage {
  readonly server: SlackServer
  readonly link: SlackLink
  readonly channel: Channel
  /** Another channel over the same server and link. */
  create(settings?: Partial<SlackSettings>, options?: SlackOptions): Channel
  connected(): Promise<void>
  /** Resolves when the link was told so, be it that it stands again by now. */
  disconnected(reason: RegExp): Promise<void>
  /** Resolves to the texts received when there are so many. */
  texts(count: number): Promise<readonly string[]>
  /** Resolves when Slack has an acknowledgement of everything that it sent. */
  acknowledged(): Promise<void>
}

/** How a test wants its stage. */
export interface SlackStageOptions {
  readonly timings?: Partial<SlackTimings>
  readonly times?: Partial<SocketTimes>
}

/** Sets a stage up that goes away with the test, and looks whether Slack would have refused anything. The channel is not started. */
export async function slackStage(t: TestContext, options: SlackStageOptions = {}): Promise<SlackStage> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await SlackServer.start({ ackMs: 300, pingMs: 100, ...options.times }))
  const link = new SlackLink()
  t.after(async () => {
    await stack.disposeAsync()
    assert.deepEqual(server.workspace.violations, [])
    assert.doesNotMatch(link.shown, /xoxb-1111|xapp-1-A0APP|ticket=|verification-token/)
    assert.ok(!link.raws.some((raw) => raw.includes('verification-token')))
  })
  const create: SlackStage['create'] = (settings, more) => {
    const channel = createSlackChannel(
      { ...server.settings, ...settings },
      { ...more, timings: { ...quickTimings, ...options.timings, ...more?.timings } },
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
        link.told.some((told) => told.status === 'disconnected' && reason.test(told.reason))
          ? true
          : undefined,
      )
    },
    texts: (count) =>
      eventually(`${count} messages`, () =>
        link.received.length >= count ? link.received.map(({ text }) => text) : undefined,
      ),
    acknowledged: async () => {
      await eventually('everything to be acknowledged', () =>
        server.sockets.unacknowledged.length === 0 ? true : undefined,
      )
    },
  }
}

/** Returns the edges that a link was told, in order. */
export function edgesOf(link: MemoryLink): readonly string[] {
  const edges: string[] = []
  for (const { status } of link.told) if (edges.at(-1) !== status) edges.push(status)
  return edges
}
