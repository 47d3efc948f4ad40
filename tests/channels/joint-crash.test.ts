import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { type JointPlatform, messageOf, startJointWorld } from '../support/joint-platforms.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { useHome } from './support.ts'

// For the record: OPENCLAW_TEST_KILL_ROUNDS=20 npx node --test tests/channels/joint-crash.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 3)
const messages = Number(process.env.OPENCLAW_TEST_KILL_MESSAGES ?? 100)
const seed = Number(process.env.OPENCLAW_TEST_SEED ?? 7)
const chats = 6
const answeredWithinMs = 120_000

test(`kill -9 at random, ${rounds} rounds of ${messages} messages over three channels: what was asked is answered once, stored once and billed once`, {
  timeout: 900_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const { platforms, provider, config } = stack.use(await startJointWorld(chats))
  provider.behave = (request) => ({
    pieces: [answerTo(messageOf(request))],
    pauseMs: provider.requests.length % 7,
  })
  const next = randomFrom(seed)
  const said = platforms.map(() => Array.from({ length: chats }, (): string[] => []))
  let asked = 0
  const sayOne = (): void => {
    const which = Math.floor(next() * platforms.length)
    const chat = Math.floor(next() * chats)
    const text = `m${String(asked++).padStart(5, '0')}`
    platforms[which]?.say(chat, text)
    said[which]?.[chat]?.push(text)
  }
  const start = async (): Promise<RunningGateway> => {
    const gateway = await startGateway({ home, config })
    stack.defer(async () => {
      gateway.child.kill('SIGKILL')
      await gateway.exited
    })
    return gateway
  }
  const missing = (): number =>
    sum(
      platforms.map((platform, i) =>
        sum(
          Array.from({ length: chats }, (_, chat) => {
            const posted = new Set(platform.posted(chat).map(tagsOf))
            return (
              said[i]?.[chat]?.filter((text) => !posted.has(partsOf(platform, text).at(-1) ?? '')).length ?? 0
            )
          }),
        ),
      ),
    )

  let gateway = await start()
  await eventually('all to be connected', () => allConnected(gateway), 30_000)
  const backlogs: number[] = []
  let recoveredMs = 0
  for (let round = 0; round < rounds; round++) {
    const load = (async () => {
      for (let i = 0; i < messages; i++) {
        sayOne()
        // Some within the same millisecond.
        if (next() < 0.7) await pause(20 * next())
      }
    })()
    await pause(100 + 1_900 * next())
    gateway.child.kill('SIGKILL')
    await gateway.exited
    await load
    backlogs.push(missing())
    const startedAt = performance.now()
    gateway = await start()
    if (round < rounds - 1) continue
    await eventually('every answer', () => (missing() === 0 ? true : undefined), answeredWithinMs).catch(
      (error: unknown) => {
        t.diagnostic(`${missing()} of ${asked} are missing`)
        throw error
      },
    )
    recoveredMs = performance.now() - startedAt
  }

  const copies = platforms.map((platform, i) =>
    sum(
      Array.from({ length: chats }, (_, chat) => {
        const wanted = said[i]?.[chat]?.flatMap((text) => partsOf(platform, text)) ?? []
        return copiesIn(platform, chat, wanted)
      }),
    ),
  )
  for (const [i, platform] of platforms.entries()) {
    t.diagnostic(
      `${platform.name}: ${sum(said[i]?.map(({ length }) => length) ?? [])} messages, ${copies[i]} parts twice`,
    )
    assert.deepEqual(platform.violations(), [])
    if (platform.name === 'discord') assert.equal(copies[i], 0, 'a nonce is shown once')
  }
  for (const [i, platform] of platforms.entries()) {
    for (let chat = 0; chat < chats; chat++)
      await assertHistory(gateway, platform, chat, said[i]?.[chat] ?? [])
  }
  const usage: unknown = await (await gateway.call('GET', '/api/v1/usage')).json()
  const billed = sum(listAt(usage, 'data').map((row) => numberAt(row, 'requests')))
  const questions = provider.requests.filter(({ path }) => path === '/v1/chat/completions').map(messageOf)
  t.diagnostic(
    `${rounds} kills, ${asked} messages, all answered; ${sum(backlogs)} were open at the kills; the last start answered ${backlogs.at(-1)} in ${Math.round(recoveredMs)} ms; ` +
      `${questions.length - asked} questions asked again, ${billed} turns billed`,
  )
  assert.equal(billed, asked, 'each turn is billed once')
  // Asked again is only what a kill has left without an answer: what runs at that time, one a chat.
  assert.ok(questions.length - asked <= rounds * platforms.length * chats)
  await gateway.stop()
})

// Each tenth answer is three paragraphs, which only Discord shows as three parts: to the others two of them are one.
function answerTo(text: string): string {
  if (!text.endsWith('5')) return `re ${text}`
  return [1, 2, 3].map((n) => `re ${text} p${n} ${'x '.repeat(900)}x`).join('\n\n')
}

function partsOf({ name }: JointPlatform, text: string): readonly string[] {
  const [first, second, third] = [1, 2, 3].map((n) => `re ${text} p${n}`)
  if (!text.endsWith('5')) return [`re ${text}`]
  return name === 'discord' ? [`${first}`, `${second}`, `${third}`] : [`${first}+${second}`, `${third}`]
}

function tagsOf(posted: string): string {
  return posted.match(/re m\d+(?: p\d)?/g)?.join('+') ?? posted
}

// In order, and none twice but, next to itself, the one part of each kill whose fate nobody knew.
function copiesIn(platform: JointPlatform, chat: number, wanted: readonly string[]): number {
  const posted = platform.posted(chat).map(tagsOf)
  const once = posted.filter((text, i) => text !== posted[i - 1])
  assert.deepEqual(once, wanted, `${platform.name}, chat ${chat}`)
  const copies = posted.length - once.length
  assert.ok(copies <= rounds, `${copies} copies on ${platform.name} in chat ${chat}`)
  return copies
}

async function assertHistory(
  gateway: RunningGateway,
  { name, chatId }: JointPlatform,
  chat: number,
  said: readonly string[],
): Promise<void> {
  if (said.length === 0) return
  const list: unknown = await (
    await gateway.call('GET', `/api/v1/conversations?channel=${name}&limit=100`)
  ).json()
  const own = listAt(list, 'data').filter((one) => at(one, 'chatId') === chatId(chat))
  assert.equal(own.length, 1, `one conversation for chat ${chat} on ${name}`)
  const found: unknown[] = []
  let cursor = ''
  do {
    const path = `/api/v1/conversations/${textAt(own[0], 'id')}?limit=100${cursor}`
    const page: unknown = await (await gateway.call('GET', path)).json()
    found.push(...listAt(page, 'messages'))
    cursor = at(page, 'hasMore') === true ? `&cursor=${encodeURIComponent(textAt(page, 'nextCursor'))}` : ''
  } while (cursor !== '')
  assert.deepEqual(
    found.map((message) => [at(message, 'role'), at(message, 'content'), at(message, 'status')]),
    said.flatMap((text) => [
      ['user', text, 'complete'],
      ['assistant', answerTo(text), 'complete'],
    ]),
    `the history of chat ${chat} on ${name}`,
  )
}

async function allConnected(gateway: RunningGateway): Promise<true | undefined> {
  const body: unknown = await (await gateway.call('GET', '/health/detail')).json()
  const statuses = ['telegram', 'discord', 'slack'].map((name) => at(body, 'channels', name, 'status'))
  return statuses.every((status) => status === 'connected') ? true : undefined
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
