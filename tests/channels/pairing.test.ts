import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { approvePairing } from '../../src/domain/channels/approve-pairing.ts'
import type { ChannelLink } from '../../src/domain/channels/channel.ts'
import { revokePairing } from '../../src/domain/channels/revoke-pairing.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import { openStore } from '../../src/store/open-store.ts'
import { startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { runProgram } from '../support/run-program.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { type SimplePlatform, startSimplePlatform } from '../support/simple-platform.ts'

const root = join(import.meta.dirname, '..', '..')
const actor = { type: 'cli', id: null, name: 'somebody' } as const

async function setUp(stack: AsyncDisposableStack) {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  const access = { dmPolicy: 'pairing', allowFrom: [] } as const
  const hub = stack.use(await startHub({ store, access, create: () => new SimpleChannel(platform.url) }))
  return { store, platform, hub }
}

const posts = (platform: SimplePlatform, count: number) =>
  eventually('the posts', () => (platform.posted.length >= count ? platform.posted : undefined))

const codeIn = (text: string | undefined): string => /\b[A-HJ-NP-Z2-9]{8}\b/.exec(text ?? '')?.[0] ?? ''

// What is said later is answered later, so that an answer tells that all before it was seen.
async function seen(platform: SimplePlatform, updates: number): Promise<void> {
  await eventually('the updates to be seen', () => (platform.acknowledged() >= updates ? true : undefined))
}

test('a stranger gets a code and no answer; once it is approved the next message is answered', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform, hub } = await setUp(stack)
  platform.say({ chatId: '42', text: 'Hello' })
  const [notice] = await posts(platform, 1)
  const code = codeIn(notice?.text)
  assert.match(notice?.text ?? '', /42/)
  assert.match(notice?.text ?? '', new RegExp(`openclaw pairing approve telegram ${code}`))
  assert.equal(hub.provider.asked.length, 0)
  assert.equal((await store.conversations.list({ visibility: { all: true }, limit: 10 })).length, 0)
  const pairing = await approvePairing(
    { store, now: Date.now, actor },
    { channel: 'telegram', code: ` ${code.toLowerCase()} ` },
  )
  assert.equal(pairing.userId, '42')
  platform.say({ chatId: '42', text: 'Hello again' })
  assert.equal((await posts(platform, 2))[1]?.text, 'echo of Hello again')
  await revokePairing({ store, now: Date.now, actor }, { channel: 'telegram', userId: '42' })
  platform.say({ chatId: '42', text: 'And now?' })
  assert.notEqual(codeIn((await posts(platform, 3))[2]?.text), code)
  assert.equal(hub.provider.asked.length, 1)
  const records = await store.audit.oldest({ afterSequence: 0, limit: 10 })
  assert.deepEqual(
    records.links.map(({ fields }) => [fields[1], fields[3], fields[4], fields[5]]),
    [
      ['cli', 'somebody', 'pairing.approved', 'telegram:42'],
      ['cli', 'somebody', 'pairing.revoked', 'telegram:42'],
    ],
  )
})

test('a stranger who writes again and again has one code, and one message of it', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform } = await setUp(stack)
  for (let i = 0; i < 10; i++) platform.say({ chatId: '42', text: `Hello ${i}` })
  await posts(platform, 1)
  await seen(platform, 10)
  const pairings = await store.channels.pairings.list(Date.now())
  assert.equal(pairings.length, 1)
  assert.deepEqual(
    platform.posted.map(({ text }) => codeIn(text)),
    [pairings[0]?.code],
  )
})

test('two messages of a stranger at the same moment make one code', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, close } = await openTestStore()
  stack.defer(close)
  const given = Promise.withResolvers<ChannelLink>()
  const create = () =>
    Object.assign(new SimpleChannel('http://127.0.0.1:1'), {
      start: (link: ChannelLink) => given.resolve(link),
    })
  stack.use(await startHub({ store, access: { dmPolicy: 'pairing', allowFrom: [] }, create }))
  const link = await given.promise
  const message = (updateId: string) => ({
    updateId,
    chatId: '42',
    route: {},
    from: { id: '42', name: 'Alice', isBot: false },
    kind: 'direct' as const,
    roomId: null,
    isAddressed: true,
    text: 'Hello',
    quoted: [],
    at: 0,
  })
  await Promise.all(['a', 'b', 'c'].map((id) => link.receive(message(id), '{}')))
  assert.equal((await store.channels.pairings.list(Date.now())).length, 1)
})

test('no more than five strangers of a channel have a code at a time', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform } = await setUp(stack)
  for (let i = 0; i < 8; i++) platform.say({ chatId: `${i}`, text: 'Hello' })
  await posts(platform, 5)
  await seen(platform, 8)
  assert.equal((await store.channels.pairings.list(Date.now())).length, 5)
  assert.equal(platform.posted.length, 5)
})

test('a code that is nobody’s, or that has expired, lets nobody in', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, platform } = await setUp(stack)
  platform.say({ chatId: '42', text: 'Hello' })
  const [notice] = await posts(platform, 1)
  const refused = async (now: number, code: string, expected: string): Promise<void> => {
    await assert.rejects(
      approvePairing({ store, now: () => now, actor }, { channel: 'telegram', code }),
      (error) => error instanceof GatewayError && error.code === expected,
    )
  }
  await refused(Date.now(), 'ABCD2345', 'not_found')
  await refused(Date.now(), 'no', 'invalid_request')
  await refused(Date.now() + 3_600_001, codeIn(notice?.text), 'not_found')
  await assert.rejects(
    approvePairing({ store, now: Date.now, actor }, { channel: 'slack', code: codeIn(notice?.text) }),
    (error) => error instanceof GatewayError && error.code === 'not_found',
  )
  assert.equal((await store.audit.state()).head.sequence, 0)
})

test('the command line lists, approves and revokes beside a gateway and without one', async () => {
  await using stack = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'openclaw-pairing-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const env = { HOME: home, OPENCLAW_STATE_DIR: join(home, 'state') }
  const run = (...args: string[]) =>
    runProgram(process.execPath, [join(root, 'bin/openclaw.js'), 'pairing', ...args], env)
  const store = await openStore({ file: join(home, 'state', 'openclaw.db') })
  const platform = stack.use(await startSimplePlatform())
  const hub = await startHub({
    store,
    access: { dmPolicy: 'pairing', allowFrom: [] },
    create: () => new SimpleChannel(platform.url),
  })
  platform.say({ chatId: '42', text: 'Hello' })
  const [notice] = await posts(platform, 1)
  const code = codeIn(notice?.text)
  const listed = await run('list', '--json')
  assert.equal(listed.code, 0, listed.stderr)
  const { data } = JSON.parse(listed.stdout)
  assert.deepEqual(
    [data[0].channel, data[0].userId, data[0].name, data[0].status, data[0].code],
    ['telegram', '42', 'Person 42', 'waiting', code],
  )
  const approved = await run('approve', 'telegram', code)
  assert.equal(approved.code, 0, approved.stderr)
  assert.match(approved.stdout, /Person 42 \(42\) may write on telegram/)
  platform.say({ chatId: '42', text: 'Hello again' })
  assert.equal((await posts(platform, 2))[1]?.text, 'echo of Hello again')
  await hub.close()
  await store.close()
  assert.equal((await run('approve', 'telegram', code)).code, 3)
  assert.equal((await run('approve', 'telegraph', code)).code, 2)
  assert.equal((await run('revoke', 'telegram', '42')).code, 0)
  assert.equal((await run('revoke', 'telegram', '42')).code, 3)
  assert.match((await run('list')).stdout, /Nobody waits/)
})
