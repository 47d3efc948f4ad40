import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  newToken,
  openTestStore,
  partsOver,
  requestOf,
  type TestParts,
  type TestSettings,
} from '../../../tests/support/domain-parts.ts'
import { eventually } from '../../../tests/support/eventually.ts'
import { ScriptedProvider, saying, untilAborted } from '../../../tests/support/scripted-provider.ts'
import { assertQuiet, eventOf, messagesOf, storedIn, turnOf, withCode } from '../../../tests/support/turns.ts'
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { ProviderFailure } from '../models/provider-failure.ts'
import type { ReplyEvent } from './reply.ts'

const { store, close } = await openTestStore()
after(close)

const busy = new GatewayError('provider_unavailable', 'acme is busy.', { retryAfterSeconds: 3 })
const broken = new GatewayError('provider_error', 'acme broke.')
const tooLarge = new GatewayError('invalid_request', 'acme does not take this content: it is too large.')

test('a model that fails for a while is asked again, and the caller does not notice', async () => {
  const { acme, run } = over({ retries: 2 })
  acme.script = failingTimes(2, busy)
  const { events, attempts } = await run()
  assert.equal(eventOf(events, 'done').model, 'model-1')
  assert.deepEqual(attempts, ['1 model-1', '2 model-1', '3 model-1'])
  assert.equal(acme.running, 0)
})

test('after its retries the fallbacks are asked in order, and the reply names who answered', async () => {
  const { acme, backup, parts, run } = over({ retries: 1, fallbacks: ['model-2', 'model-3'] })
  acme.script = failingTimes(Infinity, busy)
  backup.script = (turn) => (turn.model === 'model-2' ? fails(busy) : saying('Hello.'))
  const { events, attempts } = await run()
  assert.equal(eventOf(events, 'done').model, 'model-3')
  assert.deepEqual(attempts, ['1 model-1', '2 model-1', '3 model-2', '4 model-2', '5 model-3'])
  const [, reply] = await messagesOf(parts, eventOf(events, 'start').conversationId)
  assert.equal(reply?.model, 'model-3')
  const lines = parts.logged.filter(({ message }) => message.startsWith('model attempt'))
  assert.deepEqual(
    lines.map(({ message, fields }) => [
      message,
      fields?.attempt,
      fields?.provider,
      fields?.model,
      fields?.reason,
    ]),
    [
      ['model attempt failed', 1, 'acme', 'model-1', 'provider_unavailable'],
      ['model attempt failed', 2, 'acme', 'model-1', 'provider_unavailable'],
      ['model attempt failed', 3, 'backup', 'model-2', 'provider_unavailable'],
      ['model attempt failed', 4, 'backup', 'model-2', 'provider_unavailable'],
      ['model attempt answers', 5, 'backup', 'model-3', undefined],
    ],
  )
})

test('a fallback answers also where the caller named the model, and where a turn is plain', async () => {
  const { acme, run } = over({ fallbacks: ['model-2'] })
  acme.script = failingTimes(Infinity, broken)
  for (const stream of [true, false]) {
    const { events } = await run({ model: 'acme/model-1', stream })
    assert.equal(eventOf(events, 'done').model, 'model-2')
  }
})

test('a fallback that the token may not use is not asked', async () => {
  const { acme, backup, run } = over({ fallbacks: ['model-2', 'model-3'] })
  acme.script = failingTimes(Infinity, broken)
  const { events } = await run({}, { ...newToken(), models: ['model-1', 'model-3'] })
  assert.equal(eventOf(events, 'done').model, 'model-3')
  assert.deepEqual(
    backup.asked.map(({ turn }) => turn.model),
    ['model-3'],
  )
})

test('a failure that asking again does not mend goes to the fallback at once', async () => {
  const { acme, run } = over({ retries: 2, fallbacks: ['model-2'] })
  for (const error of [broken, new GatewayError('model_not_found', 'acme has no such model.')]) {
    acme.script = failingTimes(Infinity, error)
    const { attempts } = await run()
    assert.deepEqual(attempts, ['1 model-1', '2 model-2'])
  }
})

test('the caller’s own content goes nowhere else', async () => {
  const { acme, backup, run } = over({ retries: 2, fallbacks: ['model-2'] })
  acme.script = failingTimes(Infinity, tooLarge)
  await assert.rejects(run(), (error) => error === tooLarge)
  assert.deepEqual([acme.asked.length, backup.asked.length], [1, 0])
})

test('what a fallback cannot be asked does not hide why the model asked for failed', async () => {
  const { acme, backup, parts, run } = over({ fallbacks: ['model-2', 'small'] })
  acme.script = failingTimes(Infinity, busy)
  for (const error of [tooLarge, new GatewayError('model_not_found', 'backup has no such model.')]) {
    backup.script = () => fails(error)
    await assert.rejects(run({ maxTokens: 1000 }), (thrown) => thrown === busy)
  }
  assert.ok(
    backup.asked.every(({ turn }) => turn.model === 'model-2'),
    'small answers with 10 tokens at most',
  )
  assert.ok(parts.logged.some(({ message }) => message === 'model fallback left out'))
})

test('where all fail the caller is told the last failure', async () => {
  const { acme, backup, run } = over({ fallbacks: ['model-2'] })
  acme.script = failingTimes(Infinity, broken)
  backup.script = failingTimes(Infinity, busy)
  await assert.rejects(run(), (error) => error === busy)
})

test('after the first token nobody is asked again', async () => {
  const { acme, backup, run } = over({ retries: 2, fallbacks: ['model-2'] })
  acme.script = async function* () {
    yield { type: 'text', text: 'Hel' }
    throw busy
  }
  await assert.rejects(run(), (error) => error === busy)
  assert.deepEqual([acme.asked.length, backup.asked.length], [1, 0])
})

test('a first token that does not come ends one attempt, and the next one has its own time', async () => {
  const { acme, backup, run } = over({ fallbacks: ['model-2', 'model-3'], timeouts: { firstTokenMs: 30 } })
  acme.script = (_turn, signal) => stalling(signal)
  backup.script = (turn, signal) => (turn.model === 'model-2' ? stalling(signal) : saying('Hello.'))
  const { events } = await run()
  assert.equal(eventOf(events, 'done').model, 'model-3')
  assert.deepEqual([acme.running, backup.running], [0, 0])
})

test('the total deadline covers all attempts, and names itself', async () => {
  const { acme, backup, run } = over({
    fallbacks: ['model-2'],
    timeouts: { firstTokenMs: 600, totalMs: 900 },
  })
  acme.script = (_turn, signal) => stalling(signal)
  backup.script = (_turn, signal) => stalling(signal)
  await assert.rejects(run(), (error) => {
    withCode('provider_timeout')(error)
    assert.deepEqual(error instanceof GatewayError && error.details, { deadline: 'total' })
    return true
  })
  assert.deepEqual([acme.asked.length, backup.asked.length], [1, 1])
})

test('the provider’s own time to wait is waited', async () => {
  const { acme, run } = over({ retries: 1 })
  acme.script = failingTimes(1, failure({ retryAfterMs: 60 }))
  const before = performance.now()
  const { attempts } = await run()
  assert.equal(attempts.length, 2)
  assert.ok(performance.now() - before >= 59)
})

test('a time to wait that the deadline does not leave is not waited: a fallback answers, or the caller is told at once', async () => {
  const { acme, run } = over({ retries: 2, fallbacks: ['model-2'] })
  acme.script = failingTimes(Infinity, failure({ retryAfterMs: 120_000 }))
  assert.deepEqual((await run()).attempts, ['1 model-1', '2 model-2'])
  const alone = over({ retries: 2 })
  alone.acme.script = acme.script
  await assert.rejects(alone.run(), withCode('provider_unavailable'))
  assert.equal(alone.acme.asked.length, 1)
})

test('waits are spread over the whole of a time that doubles', async () => {
  const { acme, parts, run } = over({ retries: 3 })
  acme.script = failingTimes(Infinity, busy)
  await assert.rejects(
    run({}, newToken(), { ...parts, random: () => 0.02 }),
    withCode('provider_unavailable'),
  )
  const waits = parts.logged.map(({ fields }) => fields?.retryInMs)
  assert.deepEqual(waits, [10, 20, 40, undefined])
})

test('another key is tried at once: for a refused one beside the retries, for a limited one as one of them', async () => {
  const refused = over({ retries: 0 })
  refused.acme.script = failingTimes(3, failure({ next: 'otherKey' }))
  assert.equal((await refused.run()).attempts.length, 4)
  const limited = over({ retries: 1 })
  limited.acme.script = failingTimes(2, failure({ next: 'retryAtOnce', retryAfterMs: 60_000 }))
  await assert.rejects(limited.run(), withCode('provider_unavailable'))
  assert.equal(limited.acme.asked.length, 2)
})

test('a caller that leaves between two attempts is not waited for, and counts against nobody', async () => {
  const { acme, parts, run } = over({ retries: 2 })
  acme.script = failingTimes(Infinity, failure({ retryAfterMs: 60_000 }))
  const caller = new AbortController()
  const left = new Error('the caller left')
  const running = run({}, newToken(), parts, caller.signal)
  await eventually('the first failure', () => parts.logged[0])
  caller.abort(left)
  await assert.rejects(running, (error) => error === left)
  assert.equal(acme.asked.length, 1)
  await assertQuiet(parts, acme)
})

test('a first piece longer than a reply may be is the provider’s failure, which a fallback mends', async () => {
  const { acme, run } = over({ fallbacks: ['model-2'] })
  acme.script = () => saying('x'.repeat(9 * 1024 * 1024))
  for (const stream of [true, false])
    assert.equal(eventOf((await run({ stream })).events, 'done').model, 'model-2')
  assert.equal(acme.running, 0)
})

test('an answer that ends before it says anything is asked of the fallback', async () => {
  const { acme, run } = over({ fallbacks: ['model-2'] })
  acme.script = async function* () {
    yield* []
  }
  assert.equal(eventOf((await run()).events, 'done').model, 'model-2')
})

test('a mistake of our own is passed on as it is, and no fallback hides it', async () => {
  const { acme, backup, run } = over({ retries: 2, fallbacks: ['model-2'] })
  const bug = new TypeError('x is not a function')
  acme.script = () => fails(bug)
  await assert.rejects(run(), (error) => error === bug)
  assert.equal(backup.asked.length, 0)
})

test('a turn that fails at all models is marked failed once, and the next one comes in', async () => {
  const { acme, backup, parts, run } = over({ retries: 1, fallbacks: ['model-2'] })
  acme.script = failingTimes(Infinity, busy)
  backup.script = failingTimes(Infinity, busy)
  const conversationId = parts.ids.next('conv')
  await assert.rejects(run({ conversationId }), withCode('provider_unavailable'))
  assert.deepEqual(await storedIn(parts, conversationId), [['user', 'failed', 'Hi.']])
  await assertQuiet(parts, acme)
})

interface Over {
  readonly acme: ScriptedProvider
  readonly backup: ScriptedProvider
  readonly parts: TestParts
  /** Runs a turn; `attempts` are those that its edge was told of. */
  readonly run: (
    input?: Parameters<typeof turnOf>[1],
    token?: ReturnType<typeof newToken>,
    parts?: Context['parts'],
    signal?: AbortSignal,
  ) => Promise<{ readonly events: readonly ReplyEvent[]; readonly attempts: readonly string[] }>
}

/** Two providers: `acme` has model-1, the default; `backup` has model-2, model-3 and small. */
function over(settings: TestSettings = {}): Over {
  const acme = new ScriptedProvider('acme', ['model-1'])
  const small = { id: 'small', name: 'small', contextWindow: 1000, maxOutputTokens: 10 }
  const backup = new ScriptedProvider('backup', ['model-2', 'model-3', small])
  const own = partsOver(store, [acme, backup], settings)
  return {
    acme,
    backup,
    parts: own,
    run: async (input = {}, token = newToken(), parts = own, signal) => {
      const attempts: string[] = []
      const onAttempt: Context['onAttempt'] = ({ count, model }) => void attempts.push(`${count} ${model}`)
      const events = await turnOf({ ...requestOf(parts, token, signal), onAttempt }, input)
      return { events, attempts }
    },
  }
}

function failure(facts: Partial<ProviderFailure['facts']>): ProviderFailure {
  return new ProviderFailure('provider_unavailable', 'acme is busy.', {
    next: 'retry',
    reason: '429',
    counts: true,
    ...facts,
  })
}

function failingTimes(times: number, error: Error): ScriptedProvider['script'] {
  let failed = 0
  return () => (failed++ < times ? fails(error) : saying('Hello.'))
}

async function* fails(error: Error): AsyncGenerator<never, void, undefined> {
  yield await Promise.reject<never>(error)
}

async function* stalling(signal: AbortSignal): AsyncGenerator<never, void, undefined> {
  yield await untilAborted(signal)
}
