import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { type JointPlatform, startJointWorld } from '../support/joint-platforms.ts'
import { at, textAt } from '../support/json.ts'

// For the record: OPENCLAW_TEST_DOWN_MS=120000 OPENCLAW_TEST_LIMIT_MS=30000 npx node --test tests/channels/joint-outage.test.ts
const downMs = Number(process.env.OPENCLAW_TEST_DOWN_MS ?? 2_000)
const limitMs = Number(process.env.OPENCLAW_TEST_LIMIT_MS ?? 2_000)
const chats = 3
/** Within which a dead link is seen: Telegram's poll of 15 seconds and five more, two heartbeats of Discord, Slack's silence. */
const seenMs = { telegram: 22_000, discord: 15_000, slack: 20_000 } as const
const backMs = 60_000

interface Edge {
  readonly type: string
  readonly channel: string
}

test('platforms that go away, limit and fall silent, all at once: the status tells the truth, and nothing is lost or out of order', {
  timeout: 600_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const { platforms, config } = stack.use(await startJointWorld(chats))
  const edges: Edge[] = []
  const url = await receive(t, edges)
  const outgoing = [
    {
      id: 'edges',
      url,
      secret: 'a-secret-of-these-tests-0123456789',
      events: ['channel.*'],
      allowPrivateNetwork: true,
    },
  ]
  const gateway = await startGateway({ config: { ...config, api: { webhooks: { outgoing } } } })
  t.after(() => gateway.stop())
  let asked = 0
  const said: string[] = []
  const say = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const text = `m${String(asked++).padStart(4, '0')}`
      said.push(text)
      for (const platform of platforms) for (let chat = 0; chat < chats; chat++) platform.say(chat, text)
    }
  }
  const all = async (what: string, act: (platform: JointPlatform) => Promise<string>): Promise<void> => {
    const figures = await Promise.all(
      platforms.map(async (platform) => `${platform.name} ${await act(platform)}`),
    )
    t.diagnostic(`${what}: ${figures.join(', ')}`)
  }
  const status = async (platform: JointPlatform, wanted: string, withinMs: number): Promise<string> => {
    const startedAt = performance.now()
    await eventually(
      `${platform.name} to be ${wanted}`,
      async () => {
        const health: unknown = await (await gateway.call('GET', '/health/detail')).json()
        return at(health, 'channels', platform.name, 'status') === wanted ? true : undefined
      },
      withinMs,
    )
    return `${Math.round(performance.now() - startedAt)} ms`
  }
  const answered = async (platform: JointPlatform): Promise<string> => {
    const startedAt = performance.now()
    const wanted = said.map((text) => `re ${text}`)
    for (let chat = 0; chat < chats; chat++) {
      await eventually(
        `every answer on ${platform.name}`,
        () => (new Set(platform.posted(chat)).size >= wanted.length ? true : undefined),
        backMs,
      )
      const posted = platform.posted(chat)
      // A part that was on its way when its connection broke may stand twice, next to itself.
      const parts = posted.filter((text, i) => text !== posted[i - 1])
      assert.deepEqual(parts, wanted, `${platform.name}, chat ${chat}`)
      assert.ok(
        posted.length - parts.length <= 4,
        `${posted.length - parts.length} copies on ${platform.name}`,
      )
    }
    return `${Math.round(performance.now() - startedAt)} ms`
  }
  const edgesAre = (wanted: readonly string[]): Promise<true> =>
    eventually(`the edges ${wanted.join(', ')}`, () =>
      platforms.every(({ name }) => edges.filter(({ channel }) => channel === name).length >= wanted.length)
        ? true
        : undefined,
    ).then(() => {
      for (const { name } of platforms) {
        assert.deepEqual(
          edges.filter(({ channel }) => channel === name).map(({ type }) => type.replace('channel.', '')),
          wanted,
          name,
        )
      }
      return true
    })

  await all('connected', (platform) => status(platform, 'connected', 30_000))
  say(3)
  await all('answered', answered)

  say(2)
  await Promise.all(platforms.map((platform) => platform.down()))
  await all(`down for ${downMs} ms, seen after`, (platform) =>
    status(platform, 'disconnected', seenMs[platform.name]),
  )
  const sent = await gateway.call('POST', '/api/v1/send', { channel: 'slack', chatId: 'D90', message: 'x' })
  assert.deepEqual([sent.status, at(await sent.json(), 'error')], [503, 'channel_disconnected'])
  say(2)
  await pause(downMs)
  say(1)
  await Promise.all(platforms.map((platform) => platform.up()))
  await all('back after', (platform) => status(platform, 'connected', backMs))
  await all('all answered after', answered)
  await edgesAre(['connected', 'disconnected', 'connected'])

  for (const platform of platforms) platform.limit(true)
  say(3)
  await pause(limitMs)
  say(2)
  for (const platform of platforms) platform.limit(false)
  await all(`limited for ${limitMs} ms, all answered after`, answered)
  await edgesAre(['connected', 'disconnected', 'connected'])

  // Whether a cut that is mended at once is an edge is the channel's to say; what matters is the end.
  say(1)
  await Promise.all(platforms.map((platform) => platform.cut()))
  say(2)
  await all('cut, all answered after', answered)
  await all('connected', (platform) => status(platform, 'connected', backMs))
  assertAlternating(edges, platforms)

  const before = edges.length
  const silences = platforms.map((platform) => ({ platform, silence: platform.silence() }))
  say(2)
  await all('silent, seen and back after', async (platform) => {
    const seen = await status(platform, 'disconnected', seenMs[platform.name])
    for (const one of silences) if (one.platform === platform) one.silence.ends()
    return `${seen} and ${await status(platform, 'connected', backMs)}`
  })
  say(1)
  await all('all answered after', answered)
  await eventually('the edges', () => (edges.length >= before + 6 ? true : undefined))
  assertAlternating(edges, platforms)
  t.diagnostic(`${said.length * platforms.length * chats} messages; edges: ${edges.length}`)
  await assertHistories(gateway, said.length)
})

function assertAlternating(edges: readonly Edge[], platforms: readonly JointPlatform[]): void {
  for (const { name } of platforms) {
    const own = edges.filter(({ channel }) => channel === name).map(({ type }) => type)
    const wanted = own.map((_, i) => (i % 2 === 0 ? 'channel.connected' : 'channel.disconnected'))
    assert.deepEqual(own, wanted, `each edge of ${name} once`)
  }
}

async function assertHistories(gateway: RunningGateway, turns: number): Promise<void> {
  const list: unknown = await (await gateway.call('GET', '/api/v1/conversations?limit=100')).json()
  const data = at(list, 'data')
  assert.ok(Array.isArray(data))
  assert.deepEqual(
    data.map((one) => at(one, 'messageCount')),
    data.map(() => 2 * turns),
  )
}

async function receive(t: TestContext, edges: Edge[]): Promise<string> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) if (Buffer.isBuffer(piece)) pieces.push(piece)
    const event: unknown = JSON.parse(Buffer.concat(pieces).toString())
    edges.push({ type: textAt(event, 'event'), channel: textAt(event, 'data', 'channel') })
    response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}/`
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
