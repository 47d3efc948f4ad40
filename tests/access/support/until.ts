import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const withinMs = 60_000
const everyMs = 5

/** Resolves when something has come true. Fails the test where it does not within a minute: a loop without an end would outlive its test. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, `not within ${withinMs / 1000} s: ${what}`)
    await delay(everyMs)
  }
}
