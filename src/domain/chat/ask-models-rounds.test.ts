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
import { ScriptedProvider, saying } from '../../../tests/support/scripted-provider.ts'
import { withCode } from '../../../tests/support/turns.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderTurn } from '../models/provider.ts'
import { resolveModel } from '../models/resolve-model.ts'
import { askModels } from './ask-models.ts'
import { TurnDeadline } from './deadline.ts'
import type { OpenAnswer } from './open-answer.ts'
import { TurnAttempts } from './turn-attempts.ts'

const { store, close } = await openTestStore()
after(close)

const busy = new GatewayError('provider_unavailable', 'acme is busy.')

test('later rounds stay with the model that answered first, with retries and without fallbacks', async () => {
  const { acme, backup, ask, attempts } = await begun({ retries: 1, fallbacks: ['model-2', 'model-3'] })
  acme.script = () => fails(busy)
  await read(await ask())
  assert.equal(attempts.resolved.model.id, 'model-2')
  backup.script = failingTimes(1)
  assert.equal(await read(await ask()), 'Hello.')
  backup.script = failingTimes(Infinity)
  await assert.rejects(ask(), withCode('provider_unavailable'))
  assert.deepEqual(
    backup.asked.map(({ turn }) => turn.model),
    ['model-2', 'model-2', 'model-2', 'model-2', 'model-2'],
  )
  assert.deepEqual([acme.asked.length, attempts.count], [2, 7])
})

test('a later round that fails is a failed attempt, and not a broken answer on top', async () => {
  const { acme, parts, ask, attempts } = await begun()
  await read(await ask())
  acme.script = failingTimes(Infinity)
  await assert.rejects(ask(), (error) => {
    attempts.ended(error)
    return true
  })
  assert.deepEqual(
    parts.logged.map(({ message }) => message),
    ['model attempt failed'],
  )
})

test('what a failed attempt had cost is told beside the answer’s own usage', async () => {
  const { acme, ask, attempts } = await begun({ retries: 2, fallbacks: ['model-2'] })
  acme.script = async function* () {
    yield { type: 'usage', usage: { inputTokens: 20, outputTokens: 1 } }
    throw busy
  }
  await read(await ask())
  const spent = attempts.spent.map(({ resolved, usage }) => [resolved.model.id, usage.inputTokens])
  assert.deepEqual(spent, [
    ['model-1', 20],
    ['model-1', 20],
    ['model-1', 20],
  ])
})

test('a provider that fails because its caller left counts for nothing', async () => {
  const caller = new AbortController()
  const { acme, parts, ask } = await begun({ retries: 2, fallbacks: ['model-2'] }, caller)
  acme.script = async function* (_turn, signal) {
    yield { type: 'usage', usage: { inputTokens: 20, outputTokens: 1 } }
    yield await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(busy)))
  }
  const left = new Error('the caller left')
  const asking = ask()
  while (acme.running === 0) await new Promise((resolve) => setImmediate(resolve))
  caller.abort(left)
  await assert.rejects(asking, (error) => error === left)
  assert.deepEqual(parts.logged, [])
})

interface Begun {
  readonly acme: ScriptedProvider
  readonly backup: ScriptedProvider
  readonly parts: TestParts
  readonly attempts: TurnAttempts
  readonly ask: () => Promise<OpenAnswer>
}

/** The attempts of one turn at `acme`, which has model-1; `backup` has model-2 and model-3. */
async function begun(settings: TestSettings = {}, caller = new AbortController()): Promise<Begun> {
  const acme = new ScriptedProvider('acme', ['model-1'])
  const backup = new ScriptedProvider('backup', ['model-2', 'model-3'])
  const parts = partsOver(store, [acme, backup], settings)
  const ctx = requestOf(parts, newToken(), caller.signal)
  const resolved = await resolveModel(parts, undefined)
  const deadline = new TurnDeadline(caller.signal, parts.settings().models.timeouts, true, 0)
  after(() => deadline[Symbol.dispose]())
  const turnOf = (model: string): ProviderTurn => ({
    model,
    messages: [{ role: 'user', content: 'Hi.' }],
    stream: true,
    connectTimeoutMs: 1000,
  })
  const attempts = new TurnAttempts(ctx, deadline, resolved, turnOf('model-1'))
  return {
    acme,
    backup,
    parts,
    attempts,
    ask: () => askModels(attempts, ({ model }) => turnOf(model.id)),
  }
}

async function read(answer: OpenAnswer): Promise<string> {
  let text = ''
  for await (const event of answer) if (event.type === 'text') text += event.text
  return text
}

function failingTimes(times: number): ScriptedProvider['script'] {
  let failed = 0
  return () => (failed++ < times ? fails(busy) : saying('Hello.'))
}

async function* fails(error: Error): AsyncGenerator<never, void, undefined> {
  yield await Promise.reject<never>(error)
}
