import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type RunningGateway, startGateway } from '../support/gateway.ts'

const windowMs = 600_000
const config = {
  api: { rateLimit: { perToken: { windowMs, maxRequests: 6 }, global: { windowMs, maxRequests: 9 } } },
}
const tokens = { admin: { scope: ['admin'] }, other: { scope: ['chat'] }, third: { scope: ['chat'] } }

async function temporaryHome(stack: AsyncDisposableStack): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-audit-limits-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  return home
}

async function start(stack: AsyncDisposableStack, home: string): Promise<RunningGateway> {
  const gateway = await startGateway({ home, config, tokens })
  stack.defer(() => gateway.stop())
  return gateway
}

async function ask(gateway: RunningGateway, token: string): Promise<Response> {
  const body = { message: 'Hi' }
  return await gateway.call('POST', '/api/v1/chat', body, gateway.secrets[token])
}

async function statuses(gateway: RunningGateway, token: string, times: number): Promise<readonly number[]> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push((await ask(gateway, token)).status)
  return all
}

for (const [how, signal] of [
  ['a clean stop', 'SIGTERM'],
  ['kill -9', 'SIGKILL'],
] as const) {
  describe(`after ${how}`, () => {
    it('a token and all together have what was left of their limits, and refusals still cost nothing', async () => {
      await using stack = new AsyncDisposableStack()
      const home = await temporaryHome(stack)
      const before = await start(stack, home)
      assert.deepEqual(await statuses(before, 'admin', 4), [200, 200, 200, 200])
      assert.deepEqual(await statuses(before, 'other', 3), [200, 200, 200])
      before.child.kill(signal)
      await before.exited

      const after = await start(stack, home)
      const first = await ask(after, 'admin')
      assert.equal(first.status, 200)
      // Of nine in all this was the eighth, of six of its own the fifth.
      const policies = first.headers.get('ratelimit') ?? ''
      assert.match(policies, /"token";r=1;/)
      assert.match(policies, /"global";r=1;/)
      assert.deepEqual(await statuses(after, 'admin', 3), [200, 429, 429])
      const refused = await ask(after, 'third')
      assert.equal(refused.status, 429)
      assert.ok(Number(refused.headers.get('retry-after')) > 500)
    })

    it('twice in a row, nothing is counted double', async () => {
      await using stack = new AsyncDisposableStack()
      const home = await temporaryHome(stack)
      for (const remaining of [5, 4, 3]) {
        const gateway = await start(stack, home)
        const reply = await ask(gateway, 'admin')
        assert.match(reply.headers.get('ratelimit') ?? '', new RegExp(`"token";r=${remaining};`))
        await reply.arrayBuffer()
        gateway.child.kill(signal)
        await gateway.exited
      }
    })
  })
}
