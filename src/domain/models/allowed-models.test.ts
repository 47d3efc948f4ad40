import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStore, partsOver, type TestSettings } from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import type { Parts } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { listModels } from './list-models.ts'
import type { ModelProvider } from './provider.ts'
import { resolveModel } from './resolve-model.ts'

const { store, close } = await openTestStore()
after(close)

const retired = 'claude-sonnet-4-20250514'

test('a model that the list does not name is refused, with those that it names', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small', 'large', 'huge'])])
  await assert.rejects(resolveModel(parts, 'large', ['small', 'huge']), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'insufficient_scope')
    assert.equal(error.message, 'This token may not use the model "large". It may use: small, huge.')
    assert.deepEqual(error.details, { field: 'model', available: ['small', 'huge'] })
    return true
  })
  assert.equal((await resolveModel(parts, 'large', null)).model.id, 'large')
})

test('a listed model may be asked for by each of its names, whichever of them the list has', async () => {
  const settings = { aliases: { fast: 'acme/small' } }
  const parts = await partsWith([new ScriptedProvider('acme', ['small', 'large'])], settings)
  for (const listed of ['small', 'acme/small', 'fast']) {
    for (const asked of ['small', 'acme/small', 'fast']) {
      const { model } = await resolveModel(parts, asked, [listed])
      assert.equal(model.id, 'small', `${asked} with ${listed}`)
    }
    await assert.rejects(resolveModel(parts, 'large', [listed]), hasCode('insufficient_scope'))
  }
})

test('a model of one provider is not the same of another, where the list says which', async () => {
  const providers = [new ScriptedProvider('first', ['shared']), new ScriptedProvider('second', ['shared'])]
  const parts = await partsWith(providers)
  assert.equal((await resolveModel(parts, 'second/shared', ['second/shared'])).provider.name, 'second')
  await assert.rejects(resolveModel(parts, 'shared', ['second/shared']), hasCode('insufficient_scope'))
  assert.equal((await resolveModel(parts, 'second/shared', ['shared'])).provider.name, 'second')
})

test('who names no model gets the default where that is listed, else the first listed one that there is', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small', 'large'])], { default: 'large' })
  for (const [allowed, expected] of [
    [null, 'large'],
    [['small', 'large'], 'large'],
    [['gone', 'small'], 'small'],
  ] as const) {
    assert.equal((await resolveModel(parts, undefined, allowed)).model.id, expected)
    const rows = listModels(parts, allowed)
    assert.deepEqual(
      rows.filter((row) => row.default).map((row) => row.id),
      [expected],
    )
  }
})

test('an empty list allows nothing', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small'])])
  for (const asked of ['small', undefined]) {
    await assert.rejects(resolveModel(parts, asked, []), hasCode('insufficient_scope'))
  }
  assert.deepEqual(listModels(parts, []), [])
})

test('a list of models that are not there is said to be so', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small'])])
  await assert.rejects(resolveModel(parts, undefined, ['gone']), hasCode('model_not_found'))
  assert.deepEqual(listModels(parts, ['gone']), [])
})

test('an unknown model is unknown to every token, and only listed ones are named', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small', 'large'])])
  await assert.rejects(resolveModel(parts, 'nope', ['small']), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'model_not_found')
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)}`, /large/)
    return true
  })
})

test('a retired id goes no further than the list, and one that is listed allows what answers in its place', async () => {
  const parts = await partsWith([new ScriptedProvider('acme', ['small', 'large'])], { default: 'large' })
  assert.equal((await resolveModel(parts, retired, ['small'])).model.id, 'small')
  assert.equal((await resolveModel(parts, retired, [retired])).model.id, 'large')
  assert.equal((await resolveModel(parts, undefined, [retired])).model.id, 'large')
})

test('a token whose model may be at a provider that cannot be asked for its models is led there', async () => {
  const down = new ScriptedProvider('down', [])
  down.list = () => Promise.reject(new GatewayError('provider_unavailable', 'down cannot be reached.'))
  const parts = await partsWith([down, new ScriptedProvider('acme', ['small'])])
  const { provider, model } = await resolveModel(parts, undefined, ['mine'])
  assert.deepEqual([provider.name, model.id], ['down', 'mine'])
  assert.deepEqual(
    listModels(parts, ['mine']).map((row) => [row.id, row.available, row.default]),
    [['mine', false, true]],
  )
})

test('a thousand listed names over a thousand models are gone through in no time', async () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `model-${i}`)
  const parts = await partsWith([new ScriptedProvider('acme', ids)])
  const names = ids.map((id) => `x/${id}`)
  const started = performance.now()
  assert.deepEqual(listModels(parts, names), [])
  assert.ok(performance.now() - started < 2_000)
})

async function partsWith(providers: readonly ModelProvider[], settings: TestSettings = {}): Promise<Parts> {
  const parts = partsOver(store, providers, settings)
  await parts.models.refresh()
  return parts
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code
}
