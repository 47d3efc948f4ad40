import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openTestStore, partsOver } from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { listModels } from './list-models.ts'
import { resolveModel } from './resolve-model.ts'

const { store, close } = await openTestStore()
after(close)

test('models stand in the order of their providers, with what is known of them', async () => {
  const large = { id: 'large', name: 'Large', contextWindow: 1_000, maxOutputTokens: 100 }
  const parts = partsOver(store, [
    new ScriptedProvider('acme', [large]),
    new ScriptedProvider('demo', ['demo']),
  ])
  await parts.models.refresh()
  assert.deepEqual(listModels(parts), [
    { ...large, provider: 'acme', available: true, default: true },
    {
      id: 'demo',
      provider: 'demo',
      name: 'demo',
      contextWindow: null,
      maxOutputTokens: null,
      available: true,
      default: false,
    },
  ])
})

test('exactly one model is the default, whatever is on offer and configured', async () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'claude-sonnet-4-6', 'gpt-5.2', 'a/b'), {
    maxLength: 3,
  })
  const providers = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'acme', 'demo'), ids, isDown: fc.boolean() }),
    { selector: ({ name }) => name, maxLength: 3 },
  )
  const configured = fc.constantFrom(null, 'a', 'acme/a', 'nobody', 'claude-sonnet-4-20250514', 'constructor')
  await fc.assert(
    fc.asyncProperty(providers, configured, async (offers, standard) => {
      const scripted = offers.map(({ name, ids }) => new ScriptedProvider(name, ids))
      const parts = partsOver(store, scripted, { default: standard })
      await parts.models.refresh()
      for (const [i, { isDown }] of offers.entries()) {
        const provider = scripted[i]
        if (isDown && provider) provider.list = () => Promise.reject(new Error('down'))
      }
      await parts.models.refresh()
      const rows = listModels(parts)
      assert.equal(rows.filter((row) => row.default).length, rows.length === 0 ? 0 : 1)
    }),
  )
})

test('the default of the list is the model that answers where none is named', async () => {
  for (const [ids, standard] of [
    [['small', 'large'], 'large'],
    [['small', 'large'], 'acme/large'],
    [['small', 'large'], null],
    [['small', 'claude-sonnet-4-6'], 'claude-sonnet-4-20250514'],
    [['small', 'large'], 'usual'],
  ] as const) {
    const parts = partsOver(store, [new ScriptedProvider('acme', ids)], {
      default: standard,
      aliases: { usual: 'large' },
    })
    await parts.models.refresh()
    const answering = (await resolveModel(parts, undefined)).model.id
    assert.equal(listModels(parts).find((row) => row.default)?.id, answering)
  }
})

test('a provider that could not be asked the last time has models that are not available', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const parts = partsOver(store, [acme, new ScriptedProvider('other', ['tiny'])])
  assert.deepEqual(listModels(parts), [])
  await parts.models.refresh()
  acme.list = () => Promise.reject(new Error('down'))
  await parts.models.refresh()
  assert.deepEqual(
    listModels(parts).map(({ id, available }) => [id, available]),
    [
      ['small', false],
      ['tiny', true],
    ],
  )
})

for (const [what, ids, preferred] of [
  ['the newest Sonnet', ['claude-opus-5', 'claude-sonnet-4-6', 'claude-sonnet-5'], 'claude-sonnet-5'],
  ['a dated Sonnet by its version', ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-6'], 'claude-sonnet-4-6'],
  [
    'no retired Sonnet',
    ['claude-sonnet-4-20250514', 'claude-sonnet-4-5-20250929'],
    'claude-sonnet-4-5-20250929',
  ],
  ['the newest GPT by number, not by letter', ['gpt-5.2', 'gpt-5.10', 'gpt-5.10-mini'], 'gpt-5.10'],
  ['the Flash of Gemini', ['gemini-3-pro', 'gemini-2.5-flash', 'gemini-3-flash'], 'gemini-3-flash'],
  ['the first one where none is known', ['qwen3', 'llama3'], 'qwen3'],
  ['the first one where all are retired', ['gpt-4', 'o1'], 'gpt-4'],
] as const) {
  test(`without a configured default ${what} is preferred`, async () => {
    const parts = partsOver(store, [new ScriptedProvider('acme', ids)])
    assert.equal((await resolveModel(parts, undefined)).model.id, preferred)
  })
}
