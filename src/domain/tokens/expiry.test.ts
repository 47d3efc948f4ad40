import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { expiryFrom } from './expiry.ts'

const now = Date.UTC(2026, 3, 9, 12)
const hour = 3_600_000

for (const [text, expiresAt] of [
  ['never', null],
  ['30m', now + hour / 2],
  ['12h', now + 12 * hour],
  ['30d', now + 30 * 24 * hour],
  ['2w', now + 14 * 24 * hour],
  ['2026-12-31', Date.UTC(2026, 11, 31)],
  ['2026-12-31T18:00:00Z', Date.UTC(2026, 11, 31, 18)],
  ['2026-12-31T18:00+02:00', Date.UTC(2026, 11, 31, 16)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
] as const) {
  test(`${text} is a time to expire`, () => {
    assert.equal(expiryFrom(text, now), expiresAt)
  })
}

for (const text of [
  '',
  '0d',
  '-1d',
  '1.5d',
  '90',
  'd',
  '90 d',
  '1y',
  'Never',
  '2026-02-30',
  '2026-04-09',
  '2020-01-01',
  '31.12.2026',
  '2026-12-31T18:00',
  '99999d',
  '999999999d',
  '2099-01-01',
  'NaN',
]) {
  test(`${JSON.stringify(text)} is refused as a time to expire`, () => {
    assert.throws(
      () => expiryFrom(text, now),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'invalid_request' &&
        error.details?.field === 'expires',
    )
  })
}
