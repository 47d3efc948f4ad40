import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { AuditStore } from '../store.ts'
import { AuditKeeper } from './audit-keeper.ts'
import type { AuditLink } from './record.ts'
import { parseSeal, type Seal, sealText } from './seal.ts'

const dayMs = 86_400_000

/** A keeper over a chain that stands in memory, whose records are a day apart; today is day 100. */
function newKeeper(t: TestContext, recordCount: number, firstDay = 50) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.after(() => mock.timers.reset())
  const seals: Seal[] = []
  const published: string[] = []
  const logged: string[] = []
  const links: AuditLink[] = Array.from({ length: recordCount }, (_, i) => ({
    sequence: i + 1,
    fields: [(firstDay + i) * dayMs],
    hash: `hash ${i + 1}`,
  }))
  const it = { seals, published, logged, links, isSigning: true }
  const last = (type: Seal['type']): Seal | undefined => seals.findLast((seal) => seal.type === type)
  const head = (): { sequence: number; hash: string } => {
    const { sequence = 0, hash = '' } = links.at(-1) ?? {}
    return { sequence, hash }
  }
  const store: AuditStore = {
    append: async () => undefined,
    state: async () => ({ head: head(), anchor: last('anchor'), lastCheckpoint: last('checkpoint') }),
    oldest: async ({ afterSequence, limit }) => ({
      head: head(),
      anchor: last('anchor'),
      links: links.filter(({ sequence }) => sequence > afterSequence).slice(0, limit),
    }),
    newest: async () => ({ links: [], lookedDownTo: 0 }),
    checkpoints: async () => [],
    seal: async (seal) => {
      seals.push(seal)
      if (seal.type === 'anchor')
        links.splice(0, links.findIndex(({ sequence }) => sequence === seal.sequence) + 1)
    },
  }
  const signer = {
    sign(text: string) {
      if (!it.isSigning) throw new GatewayError('internal_error', 'The key cannot be used.')
      return { signature: `signed ${text}`, keyId: 'key' }
    },
    publish: (line: string) => void published.push(line),
  }
  const clock = { now: () => 100 * dayMs, monotonic: () => 0 }
  const log = (_level: string, message: string): void => void logged.push(message)
  const keeper = new AuditKeeper({ store, signer, clock, log, retentionDays: () => 90 })
  return Object.assign(it, { keeper })
}

/** Lets what a timer has begun come to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

test('a checkpoint of the newest record is signed, kept and published for every 1,000 records', async (t) => {
  const { keeper, seals, published } = newKeeper(t, 3)
  keeper.stored(999)
  await settle()
  assert.equal(seals.length, 0)
  keeper.stored(1)
  await settle()
  const [seal, ...others] = seals
  assert.ok(seal)
  assert.deepEqual(others, [])
  assert.deepEqual([seal.type, seal.sequence, seal.hash, seal.at], ['checkpoint', 3, 'hash 3', 100 * dayMs])
  assert.equal(seal.signature, `signed ${sealText(seal)}`)
  assert.deepEqual(published.map(parseSeal), [seal])
})

test('after five minutes there is one, where there was something to sign', async (t) => {
  const { seals, links } = newKeeper(t, 3)
  mock.timers.tick(300_000)
  await settle()
  assert.equal(seals.length, 1)
  mock.timers.tick(300_000)
  await settle()
  assert.equal(seals.length, 1, 'nothing new')
  links.push({ sequence: 4, fields: [99 * dayMs], hash: 'hash 4' })
  mock.timers.tick(300_000)
  await settle()
  assert.equal(seals.at(-1)?.sequence, 4)
})

test('the end signs what is left, and an empty chain is not signed', async (t) => {
  const full = newKeeper(t, 2)
  await full.keeper[Symbol.asyncDispose]()
  assert.deepEqual(
    full.seals.map(({ sequence }) => sequence),
    [2],
  )
  mock.timers.reset()
  const empty = newKeeper(t, 0)
  await empty.keeper[Symbol.asyncDispose]()
  assert.deepEqual(empty.seals, [])
})

test('a checkpoint that cannot be signed is logged and made later', async (t) => {
  const audit = newKeeper(t, 2)
  audit.isSigning = false
  audit.keeper.stored(1_000)
  await settle()
  assert.deepEqual([audit.seals, audit.logged], [[], ['audit checkpoint not made']])
  audit.isSigning = true
  mock.timers.tick(300_000)
  await settle()
  assert.equal(audit.seals.length, 1)
})

test('what is older than the config says goes a minute after the start, and hourly', async (t) => {
  const { seals, links, logged, published } = newKeeper(t, 50, 1)
  mock.timers.tick(60_000)
  await settle()
  assert.equal(links[0]?.sequence, 10, 'the tenth day is ninety days ago')
  assert.deepEqual([seals.at(-1)?.type, seals.at(-1)?.sequence, seals.at(-1)?.hash], ['anchor', 9, 'hash 9'])
  assert.equal(published.length, 1)
  assert.deepEqual(logged, ['old audit records removed'])
  links.unshift({ sequence: 9.5, fields: [0], hash: 'late' })
  mock.timers.tick(3_600_000)
  await settle()
  assert.equal(links[0]?.sequence, 10)
})
