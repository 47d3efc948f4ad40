import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FailureFacts } from '../domain/models/provider-failure.ts'
import { TransportError } from './exchange.ts'
import { failureInStream, failureOfStatus, failureOfTransport } from './failures.ts'

const who = { name: 'acme', secrets: [] }

test('what may be tried after a status, and whether it tells anything about the provider', () => {
  const table: readonly (readonly [status: number, next: FailureFacts['next'], counts: boolean])[] = [
    [302, 'elsewhere', true],
    [400, 'elsewhere', false],
    [401, 'elsewhere', true],
    [402, 'elsewhere', true],
    [403, 'elsewhere', true],
    [404, 'elsewhere', true],
    [408, 'retry', true],
    [413, 'nowhere', false],
    [422, 'elsewhere', false],
    [429, 'retry', true],
    [500, 'retry', true],
    [502, 'retry', true],
    [503, 'retry', true],
    [504, 'retry', true],
    [529, 'retry', true],
  ]
  for (const [status, next, counts] of table) {
    const { facts } = failureOfStatus(who, 'm', status, {}, { message: 'No' })
    assert.deepEqual(facts, { next, reason: String(status), counts })
  }
})

test('a model that is not there says nothing about the provider', () => {
  const { facts } = failureOfStatus(who, 'm', 404, {}, { message: 'The model m does not exist' })
  assert.deepEqual(facts, { next: 'elsewhere', reason: '404', counts: false })
})

test('a time to wait is kept to the millisecond, and only where one was told', () => {
  const waitOf = (headers: Record<string, string>): number | undefined =>
    failureOfStatus(who, 'm', 429, headers, {}).facts.retryAfterMs
  assert.equal(waitOf({ 'retry-after': '2' }), 2000)
  assert.equal(waitOf({ 'retry-after-ms': '150' }), 150)
  assert.equal(waitOf({ 'retry-after': '0' }), 0)
  assert.equal(waitOf({ 'retry-after': 'soon' }), undefined)
  assert.equal(waitOf({}), undefined)
})

test('a connection is tried again where nothing had been answered, and not where it cannot come about', () => {
  const nextOf = (phase: TransportError['phase'], code: string): unknown => {
    const failure = failureOfTransport(who, new TransportError(phase, code, undefined), 5000)
    return failure instanceof Error && 'facts' in failure && failure.facts
  }
  const facts = { reason: 'ECONNRESET', counts: true }
  assert.deepEqual(nextOf('connect', 'ECONNRESET'), { ...facts, next: 'retry' })
  assert.deepEqual(nextOf('headers', 'ECONNRESET'), { ...facts, next: 'retry' })
  assert.deepEqual(nextOf('body', 'ECONNRESET'), { ...facts, next: 'elsewhere' })
  const certificate = { reason: 'CERT_HAS_EXPIRED', next: 'elsewhere', counts: true }
  assert.deepEqual(nextOf('connect', 'CERT_HAS_EXPIRED'), certificate)
})

test('an overload told inside an answer is one like 529, and any other error is not tried again', () => {
  assert.equal(failureInStream(who, { type: 'overloaded_error' }).facts.next, 'retry')
  assert.equal(failureInStream(who, { type: 'api_error' }).facts.next, 'elsewhere')
})
