import assert from 'node:assert/strict'
import { it } from 'node:test'
import { keepLimits, restoreLimits } from '../../src/domain/limits/keep-limits.ts'
import { RateLimiter } from '../../src/domain/limits/rate-limiter.ts'
import { AuditFolder, entry } from './support.ts'

const limit = { maxRequests: 5, windowMs: 60_000 }
const start = 1_000_000

/** How many more requests a token may make after a restart at a time. */
async function remaining(folder: AuditFolder, token: string, now: number): Promise<number> {
  return await folder.with(async (store) => {
    const limiter = new RateLimiter()
    const limitOf = (key: string): typeof limit | null => (key === '' || key === 'tok_gone' ? null : limit)
    await restoreLimits({ store: store.limits, limiter, now: () => now }, limitOf, limit.windowMs)
    const { states } = limiter.admit(token, limit, null, now)
    return (states[0]?.remaining ?? 0) + 1
  })
}

async function stopWith(folder: AuditFolder, times: readonly number[], now: number): Promise<void> {
  await folder.with(async (store) => {
    const limiter = new RateLimiter()
    for (const at of times) limiter.admit('tok_a', limit, null, at)
    await keepLimits({ store: store.limits, limiter, now: () => now })
  })
}

it('what was counted before a clean stop counts on, each for the rest of its window', async (t) => {
  const folder = new AuditFolder(t)
  await stopWith(folder, [start, start + 30_000], start + 31_000)
  assert.equal(await remaining(folder, 'tok_a', start + 59_000), 3)
  // It is restored once: a crash after that goes by the audit, which has none of these.
  assert.equal(await remaining(folder, 'tok_a', start + 59_000), 5)
})

it('what has left its window in the meantime counts no more', async (t) => {
  const folder = new AuditFolder(t)
  await stopWith(folder, [start, start + 30_000], start + 31_000)
  assert.equal(await remaining(folder, 'tok_a', start + 60_000), 4)
})

it('what was kept under a clock that was ahead counts as now, not until that time comes', async (t) => {
  const folder = new AuditFolder(t)
  await stopWith(folder, [start + 1_000_000_000], start + 1_000_000_000)
  const limiter = new RateLimiter()
  await folder.with(async (store) => {
    await restoreLimits({ store: store.limits, limiter, now: () => start }, () => limit, limit.windowMs)
  })
  assert.equal(limiter.admit('tok_a', limit, null, start).states[0]?.remaining, 3)
  assert.equal(limiter.admit('tok_a', limit, null, start + 60_000).states[0]?.remaining, 4)
})

it('after a crash the audit tells what was taken within the window', async (t) => {
  const folder = new AuditFolder(t)
  await folder.with(async ({ audit }) => {
    await audit.append([
      entry(1, { countedAt: start - 60_000 }),
      entry(2, { countedAt: start - 59_000 }),
      entry(3, { countedAt: start }),
      entry(4, { countedAt: null, status: 429 }),
    ])
  })
  assert.equal(await remaining(folder, 'tok_a', start), 3)
  assert.equal(await remaining(folder, 'tok_b', start), 5)
  assert.equal(await remaining(folder, 'tok_gone', start), 5)
})
