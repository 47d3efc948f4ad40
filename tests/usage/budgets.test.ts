import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Token } from '../../src/domain/tokens/token.ts'
import {
  newToken,
  openTestStore,
  partsOver,
  requestOf,
  type TestParts,
  type TestSettings,
} from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { at } from '../support/json.ts'
import { ScriptedProvider, saying } from '../support/scripted-provider.ts'
import { turnOf, withCode } from '../support/turns.ts'

const { store, close } = await openTestStore()
after(close)

// A turn of the scripted provider uses 7 and 3 tokens: it costs exactly 1.
const prices = new Map([['scripted/one', { input: 100_000, output: 100_000 }]])
const endpoint = {
  id: 'wh_1',
  url: 'http://127.0.0.1:9/',
  secret: null,
  previousSecret: null,
  events: ['budget.warning'],
  retry: { maxAttempts: 1, backoffMs: 1, schedule: null },
  allowPrivateNetwork: true,
} as const

async function partsWith(provider: ScriptedProvider, options: TestSettings = {}): Promise<TestParts> {
  const parts = partsOver(store, [provider], { prices, endpoints: [endpoint], ...options })
  await parts.models.refresh()
  return parts
}

function tokenWithBudget(amount: number, per: 'day' | 'month' = 'day'): Token {
  return { ...newToken(), budget: { amount, per } }
}

interface Outcome {
  readonly ok: number
  readonly refused: number
}

async function outcomeOf(turns: readonly Promise<unknown>[]): Promise<Outcome> {
  const results = await Promise.allSettled(turns)
  for (const result of results) if (result.status === 'rejected') withCode('budget_exceeded')(result.reason)
  const ok = results.filter(({ status }) => status === 'fulfilled').length
  return { ok, refused: results.length - ok }
}

function turns(parts: TestParts, token: Token, count: number, input: object = {}): Promise<Outcome> {
  return outcomeOf(Array.from({ length: count }, () => turnOf(requestOf(parts, token), input)))
}

async function warnings(): Promise<readonly unknown[]> {
  const claimed = await store.webhooks.outbox.claimDue({
    endpoint: endpoint.id,
    lease: `lease ${Math.random()}`,
    now: Number.MAX_SAFE_INTEGER - 1,
    leasedUntil: Number.MAX_SAFE_INTEGER,
    limit: 100,
  })
  const payloads = await Promise.all(claimed.map(({ eventKey }) => store.webhooks.outbox.payload(eventKey)))
  return payloads.map((payload) => JSON.parse(payload ?? '{}').data)
}

test('fifty turns at once spend the budget and not a turn more, whether the caller limits its answers or not', async () => {
  for (const input of [{}, { maxTokens: 3 }, { maxTokens: 1_000 }]) {
    const provider = new ScriptedProvider('scripted', ['one'])
    const parts = await partsWith(provider)
    const outcome = await turns(parts, tokenWithBudget(10), 50, input)
    assert.deepEqual(outcome, { ok: 10, refused: 40 }, JSON.stringify(input))
    assert.equal(provider.asked.length, 10, 'refused turns ask nobody')
  }
})

test('turns that each take long and cost much more than their size tells overrun the budget by one at most', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  provider.script = async function* () {
    await new Promise((resolve) => setTimeout(resolve, 20))
    yield { type: 'text', text: 'Hello.' }
    yield { type: 'finish', finishReason: 'stop', usage: { inputTokens: 0, outputTokens: 100 } }
  }
  const parts = await partsWith(provider)
  const { ok } = await turns(parts, tokenWithBudget(25), 50)
  assert.equal(ok, 3, '10 + 10 + 10 of 25')
})

test('beside others a turn is held back by what they may cost, and refused where that does not end', async (t) => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const { promise, resolve } = Promise.withResolvers<void>()
  provider.script = async function* () {
    await promise
    yield* saying('Hello.')
  }
  const parts = await partsWith(provider)
  const token = tokenWithBudget(10)
  const first = turnOf(requestOf(parts, token))
  await eventually('the first turn to ask', () => (provider.asked.length === 1 ? true : undefined))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const second = turnOf(requestOf(parts, token))
  // It begins to wait at some time after this: time passes in steps until it has ended.
  let isOver = false
  const ended = () => {
    isOver = true
  }
  second.then(ended, ended)
  const giveUpAt = performance.now() + 30_000
  while (!isOver && performance.now() < giveUpAt) {
    await new Promise((tick) => setImmediate(tick))
    t.mock.timers.tick(1_000)
  }
  await assert.rejects(second, (error: unknown) => {
    withCode('budget_exceeded')(error)
    assert.match(String(error), /held by turns that run: 0\.00 of 10\.00 USD are spent this day/)
    return true
  })
  t.mock.timers.reset()
  resolve()
  await first
  assert.equal(provider.asked.length, 1)
})

test('a caller that leaves while its turn waits leaves nothing behind', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const { promise, resolve } = Promise.withResolvers<void>()
  provider.script = async function* () {
    await promise
    yield* saying('Hello.')
  }
  const parts = await partsWith(provider)
  const token = tokenWithBudget(10)
  const first = turnOf(requestOf(parts, token))
  await eventually('the first turn to ask', () => (provider.asked.length === 1 ? true : undefined))
  const left = new AbortController()
  const second = turnOf(requestOf(parts, token, left.signal))
  for (let i = 0; i < 50; i++) await new Promise((tick) => setImmediate(tick))
  left.abort(new Error('left'))
  await assert.rejects(second, /left/)
  resolve()
  await first
  await parts.turns.idle()
  assert.deepEqual(await turns(parts, token, 20), { ok: 9, refused: 11 })
})

test('what a failed turn held is free again', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  // biome-ignore lint/correctness/useYield: it fails before.
  provider.script = async function* () {
    throw new Error('broken')
  }
  const parts = await partsWith(provider)
  const token = tokenWithBudget(2)
  for (let i = 0; i < 5; i++) await assert.rejects(turnOf(requestOf(parts, token)), /broken/)
  provider.script = () => saying('Hello.')
  assert.deepEqual(await turns(parts, token, 5), { ok: 2, refused: 3 })
})

test('the sentence says what is spent and when the budget starts again, and then it does', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  for (const [per, resetsAt] of [
    ['day', '2026-04-01T00:00:00.000Z'],
    ['month', '2026-05-01T00:00:00.000Z'],
  ] as const) {
    parts.clock.ms = Date.parse(per === 'day' ? '2026-03-31T23:59:59.000Z' : '2026-04-30T23:59:59.000Z')
    const token = tokenWithBudget(1, per)
    await turnOf(requestOf(parts, token))
    await assert.rejects(turnOf(requestOf(parts, token)), (error: unknown) => {
      withCode('budget_exceeded')(error)
      assert.match(
        String(error),
        new RegExp(`1\\.00 of 1\\.00 USD are spent this ${per}\\. It starts again at ${resetsAt}`),
      )
      return true
    })
    parts.clock.ms += 999
    await assert.rejects(turnOf(requestOf(parts, token)), withCode('budget_exceeded'))
    parts.clock.ms += 1
    await turnOf(requestOf(parts, token))
  }
})

test('a new process goes on where the records stand, and tells no warning twice', async () => {
  await warnings()
  const provider = new ScriptedProvider('scripted', ['one'])
  const token = tokenWithBudget(5)
  assert.deepEqual(await turns(await partsWith(provider), token, 4), { ok: 4, refused: 0 })
  const told = [{ tokenId: token.id, name: token.name, spent: '4.00', budget: '5.00', per: 'day' }]
  const withoutTime = (await warnings()).map((data) => ({ ...Object(data), timestamp: undefined }))
  assert.deepEqual(
    withoutTime,
    told.map((data) => ({ ...data, timestamp: undefined })),
  )
  const restarted = await partsWith(provider)
  assert.deepEqual(await turns(restarted, token, 3), { ok: 1, refused: 2 })
  assert.deepEqual(await warnings(), [])
})

test('a warning is told once a period at four fifths, also where many turns end at once', async () => {
  await warnings()
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const token = tokenWithBudget(10)
  await turns(parts, token, 7, { maxTokens: 3 })
  assert.equal((await warnings()).length, 0)
  await turns(parts, token, 3, { maxTokens: 3 })
  assert.equal((await warnings()).length, 1)
  parts.clock.ms += 86_400_000
  await turns(parts, token, 10, { maxTokens: 3 })
  assert.equal((await warnings()).length, 1)
  const logged = parts.logged.filter(({ message }) => message === 'budget nearly used up')
  assert.equal(logged.length, 2)
})

test('a larger budget counts from the next turn', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const token = tokenWithBudget(1)
  assert.deepEqual(await turns(parts, token, 2), { ok: 1, refused: 1 })
  const larger = { ...token, budget: { amount: 3, per: 'day' } as const }
  assert.deepEqual(await turns(parts, larger, 5), { ok: 2, refused: 3 })
  const monthly = { ...token, budget: { amount: 4, per: 'month' } as const }
  assert.deepEqual(await turns(parts, monthly, 5), { ok: 1, refused: 4 })
})

test("a page's token spends the budget of the token that asked for it", async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const parent = tokenWithBudget(2)
  const page: Token = {
    ...newToken(),
    source: 'session',
    name: 'web (session)',
    session: { parentId: parent.id, parentName: 'web', origin: 'https://a.example' },
    budget: { amount: 2, per: 'day' },
  }
  await warnings()
  assert.deepEqual(await turns(parts, page, 3), { ok: 2, refused: 1 })
  const [warning] = await warnings()
  assert.deepEqual([at(warning, 'tokenId'), at(warning, 'name')], [parent.id, 'web'])
  assert.deepEqual(await turns(parts, parent, 1), { ok: 0, refused: 1 })
  await assert.rejects(turnOf(requestOf(parts, page)), (error: unknown) => {
    withCode('budget_exceeded')(error)
    assert.doesNotMatch(`${error}${JSON.stringify(error)}`, /2\.00|USD|web/)
    return true
  })
})

test('a model without a price counts nothing and is named in the log once; one of the built-in table counts', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['nobody-knows', 'gpt-4o']))
  const token = tokenWithBudget(0.0001)
  assert.deepEqual(await turns(parts, token, 20, { model: 'nobody-knows' }), { ok: 20, refused: 0 })
  assert.equal(parts.logged.filter(({ message }) => message.startsWith('model without a price')).length, 1)
  assert.deepEqual(
    await turns(parts, token, 20, { model: 'gpt-4o' }),
    { ok: 3, refused: 17 },
    '0.0000475 each',
  )
})

test('a token without a budget is asked nothing', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  assert.deepEqual(await turns(parts, newToken(), 20), { ok: 20, refused: 0 })
})
