import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import {
  type JointPlatform,
  type JointWorld,
  messageOf,
  startJointWorld,
} from '../support/joint-platforms.ts'
import { at, listAt } from '../support/json.ts'
import { useHome } from './support.ts'

const waitMs = 30_000
const isLong = process.env.OPENCLAW_TEST_LONG !== undefined
const words = Array.from({ length: 7_200 }, (_, i) => `w${String(i).padStart(5, '0')}`)

async function setUp(stack: AsyncDisposableStack, chats: number) {
  const home = await useHome(stack)
  const world = stack.use(await startJointWorld(chats))
  const start = async (config: Readonly<Record<string, unknown>> = world.config): Promise<RunningGateway> => {
    const gateway = await startGateway({ home, config })
    stack.defer(async () => {
      gateway.child.kill('SIGKILL')
      await gateway.exited
    })
    return gateway
  }
  return { home, world, start }
}

async function connected(gateway: RunningGateway, names = ['telegram', 'discord', 'slack']): Promise<void> {
  await eventually(
    `${names} to be connected`,
    async () => {
      const body: unknown = await (await gateway.call('GET', '/health/detail')).json()
      return names.every((name) => at(body, 'channels', name, 'status') === 'connected') || undefined
    },
    waitMs,
  )
}

async function answered(
  platforms: readonly JointPlatform[],
  chats: number,
  wanted: readonly string[],
): Promise<void> {
  for (const platform of platforms) {
    for (let chat = 0; chat < chats; chat++) {
      await eventually(
        `${wanted.length} answers on ${platform.name} in chat ${chat}`,
        () => (platform.posted(chat).length >= wanted.length ? true : undefined),
        waitMs,
      )
      assert.deepEqual(platform.posted(chat), wanted, `${platform.name}, chat ${chat}`)
    }
  }
}

function sayAll({ platforms }: JointWorld, chats: number, texts: readonly string[]): void {
  for (const text of texts) {
    for (const platform of platforms) for (let chat = 0; chat < chats; chat++) platform.say(chat, text)
  }
}

const questions = ({ provider }: JointWorld): number =>
  provider.requests.filter(({ path }) => path.endsWith('/completions')).length

const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, i) => `m${String(from + i).padStart(3, '0')}`)

test('SIGTERM in the middle loses nothing and doubles nothing: the next start goes on', async (t) => {
  await using stack = new AsyncDisposableStack()
  const chats = 5
  const { world, start } = await setUp(stack, chats)
  const texts: string[] = []
  let gateway = await start()
  await connected(gateway)
  for (let round = 0; round < 3; round++) {
    const more = numbered(4, texts.length)
    texts.push(...more)
    sayAll(world, chats, more)
    await new Promise((resolve) => setTimeout(resolve, 40 + 110 * round))
    const startedAt = performance.now()
    gateway.child.kill('SIGTERM')
    const [code] = await gateway.exited
    t.diagnostic(`stopped within ${Math.round(performance.now() - startedAt)} ms`)
    assert.equal(code, 0)
    gateway = await start()
  }
  await answered(
    world.platforms,
    chats,
    texts.map((text) => `re ${text}`),
  )
  await gateway.stop()
})

test('a channel that a reload removes under load leaves the others alone, and goes on when it is back', async () => {
  await using stack = new AsyncDisposableStack()
  const chats = 4
  const { world, start } = await setUp(stack, chats)
  const gateway = await start()
  await connected(gateway)
  const texts = numbered(12)
  const file = join(gateway.home, 'openclaw.json5')
  const whole = await readFile(file, 'utf8')
  const parsed: unknown = JSON.parse(whole)
  const { slack: _, ...rest } = Object(at(parsed, 'channels'))
  sayAll(world, chats, texts.slice(0, 6))
  await writeFile(file, JSON.stringify({ ...Object(parsed), channels: rest }), { mode: 0o600 })
  await eventually(
    'Slack to be gone',
    async () => {
      const health: unknown = await (await gateway.call('GET', '/health/detail')).json()
      return at(health, 'channels', 'slack') === undefined ? true : undefined
    },
    waitMs,
  )
  sayAll(world, chats, texts.slice(6))
  const wanted = texts.map((text) => `re ${text}`)
  await answered(
    world.platforms.filter(({ name }) => name !== 'slack'),
    chats,
    wanted,
  )
  const gone = await gateway.call('POST', '/api/v1/send', { channel: 'slack', chatId: 'D90', message: 'x' })
  assert.deepEqual([gone.status, at(await gone.json(), 'error')], [404, 'channel_not_found'])
  await writeFile(file, whole, { mode: 0o600 })
  await answered(world.platforms, chats, wanted)
  await gateway.stop()
})

test('an answer of 50,000 characters comes whole and in order on each platform, through 429 in its middle', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { world, start } = await setUp(stack, 1)
  world.provider.behave = (request) => ({
    pieces: messageOf(request).endsWith('everything') ? [words.join(' ')] : ['short'],
  })
  const gateway = await start()
  await connected(gateway)
  sayAll(world, 1, ['Tell me everything'])
  await Promise.all(
    world.platforms.map(async (platform) => {
      await eventually('some parts', () => (platform.posted(0).length >= 2 ? true : undefined), waitMs)
      platform.limit(true)
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const during = world.platforms.map((platform) => platform.posted(0).length)
  for (const platform of world.platforms) platform.limit(false)
  for (const platform of world.platforms) {
    const text = (): string => platform.posted(0).join(' ')
    await eventually('the last word', () => (text().includes('w07199') ? true : undefined), waitMs)
    assert.deepEqual(text().match(/w\d{5}/g), words, platform.name)
    assert.deepEqual(platform.violations(), [])
  }
  t.diagnostic(
    `parts: ${world.platforms.map((p, i) => `${p.name} ${p.posted(0).length}, limited after ${during[i]}`)}`,
  )
  await gateway.stop()
})

// It waits for the 25 seconds that what runs is given, so only those who ask for it by OPENCLAW_TEST_LONG=1 have it.
const longTest = isLong ? test : () => undefined

longTest(
  'SIGTERM while the model hangs and the platforms refuse for a moment ends in time, and the next start answers',
  {
    timeout: 120_000,
  },
  async (t) => {
    await using stack = new AsyncDisposableStack()
    const chats = 3
    const { world, start } = await setUp(stack, chats)
    let isHanging = false
    world.provider.behave = (request) =>
      isHanging
        ? { fault: 'stall-mid-stream', pieces: ['never ', 'said'] }
        : { pieces: ['re ', messageOf(request)] }
    let gateway = await start()
    await connected(gateway)
    for (const platform of world.platforms) platform.limit(true)
    sayAll(world, chats, ['one'])
    await eventually('all to be asked', () => (questions(world) >= 9 ? true : undefined), waitMs)
    await new Promise((resolve) => setTimeout(resolve, 300))
    isHanging = true
    sayAll(world, chats, ['two'])
    await eventually('all to be asked', () => (questions(world) >= 18 ? true : undefined), waitMs)
    const startedAt = performance.now()
    gateway.child.kill('SIGTERM')
    const [code] = await gateway.exited
    const tookMs = performance.now() - startedAt
    t.diagnostic(`stopped within ${Math.round(tookMs)} ms`)
    assert.equal(code, 0)
    // What runs and the channels' leaving have 25 seconds together.
    assert.ok(tookMs < 30_000)
    isHanging = false
    for (const platform of world.platforms) platform.limit(false)
    gateway = await start()
    await answered(world.platforms, chats, ['re one', 're two'])
    const list: unknown = await (await gateway.call('GET', '/api/v1/conversations?limit=100')).json()
    assert.deepEqual(
      listAt(list, 'data').map((one) => at(one, 'messageCount')),
      Array.from({ length: 3 * chats }, () => 4),
    )
    await gateway.stop()
  },
)

test('a message that hangs the model holds up neither other chats nor, for ever, its own', {
  timeout: 120_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const { world, start } = await setUp(stack, 3)
  world.provider.behave = (request) => {
    const text = messageOf(request)
    return text === 'hang' ? { fault: 'stall-before-first-token' } : { pieces: ['re ', text] }
  }
  const timeouts = { connectMs: 1_000, firstTokenMs: 1_000, idleMs: 1_000, totalMs: 2_000, streamMs: 3_000 }
  const models = { ...Object(world.config.models), timeouts, retries: 0 }
  const gateway = await start({ ...world.config, models })
  await connected(gateway)
  for (const platform of world.platforms) {
    platform.say(0, 'hang')
    platform.say(0, 'after it')
    platform.say(1, 'beside it')
  }
  const startedAt = performance.now()
  for (const platform of world.platforms) {
    await eventually('the other chat', () => platform.posted(1)[0], 20_000)
    assert.deepEqual(platform.posted(1), ['re beside it'])
  }
  t.diagnostic(`other chats after ${Math.round(performance.now() - startedAt)} ms`)
  // A model that hangs is asked three times within a minute or so: OPENCLAW_TEST_LONG=1 waits for the end of it.
  if (!isLong) return
  for (const platform of world.platforms) {
    await eventually('the next message', () => platform.posted(0)[1], 90_000)
    assert.match(platform.posted(0)[0] ?? '', /^Sorry/)
    assert.equal(platform.posted(0)[1], 're after it')
  }
  t.diagnostic(`the same chat after ${Math.round(performance.now() - startedAt)} ms`)
  await gateway.stop()
})
