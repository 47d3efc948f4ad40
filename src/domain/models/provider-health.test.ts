import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { ProviderHealth } from './provider-health.ts'

const acme = new ScriptedProvider('acme', [])
const other = new ScriptedProvider('other', [])

test('five turns in a row that failed begin a cool-down of 30 seconds, and four do not', () => {
  const health = failedTimes(4)
  assert.equal(health.standing(acme, 0), 'well')
  assert.equal(health.failed(acme, 0), 30_000)
  assert.equal(health.standing(acme, 29_999), 'cooling')
  assert.equal(health.standing(acme, 30_000), 'due')
  assert.equal(health.standing(other, 0), 'well')
})

test('a success in between begins the count anew', () => {
  const health = failedTimes(4)
  health.succeeded(acme)
  for (let i = 0; i < 4; i++) assert.equal(health.failed(acme, 0), 0)
  assert.equal(health.standing(acme, 0), 'well')
})

test('when the time is over one turn tries it, and the others wait for what comes of it', () => {
  const health = failedTimes(5)
  assert.equal(health.tryAgain(acme, 29_999), false)
  assert.equal(health.tryAgain(acme, 30_000), true)
  assert.equal(health.tryAgain(acme, 30_000), false)
  health.leave(acme)
  assert.equal(health.tryAgain(acme, 30_001), true)
  health.succeeded(acme)
  assert.equal(health.standing(acme, 30_002), 'well')
})

test('each try that fails doubles the cool-down, up to five minutes', () => {
  const health = failedTimes(5)
  let now = 30_000
  for (const seconds of [60, 120, 240, 300, 300]) {
    assert.equal(health.tryAgain(acme, now), true)
    assert.equal(health.failed(acme, now), seconds * 1000)
    assert.equal(health.tryAgain(acme, now + seconds * 1000 - 1), false)
    now += seconds * 1000
  }
})

test('turns that fail while it cools down do not make it longer', () => {
  const health = failedTimes(5)
  for (let i = 0; i < 20; i++) assert.equal(health.failed(acme, 10_000), 0)
  assert.equal(health.standing(acme, 30_000), 'due')
  health.tryAgain(acme, 30_000)
  assert.equal(health.failed(acme, 30_000), 60_000)
})

test('a provider that cools down has a sentence, and any other has none', () => {
  const health = failedTimes(5)
  assert.match(health.sentence(acme, 10_000) ?? '', /^acme failed 5 turns in a row .* 20 s/)
  assert.equal(health.sentence(acme, 30_000), undefined)
  assert.equal(health.sentence(other, 0), undefined)
})

function failedTimes(times: number): ProviderHealth {
  const health = new ProviderHealth()
  for (let i = 0; i < times; i++) health.failed(acme, 0)
  return health
}
