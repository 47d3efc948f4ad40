import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { Behaviour } from '../support/provider-server.ts'
import { framesOf, saidIn, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

const turns = 1000
const atOnce = 25

test('1,000 turns at an upstream that fails a tenth of the time are all answered', async (t) => {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startOpenAiServer())
  const backup = stack.use(await startOpenAiServer())
  const faults: readonly Behaviour[] = [
    { reply: { status: 500 } },
    { fault: 'reset-before-headers' },
    { reply: { status: 401 } },
    { reply: { status: 529 } },
    { reply: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } },
  ]
  let asked = 0
  let failed = 0
  upstream.behave = () => (++asked % 10 === 0 ? faults[failed++ % faults.length] : {})
  const { apiKey } = openAiDefaults
  const gateway = await useGateway(stack, {
    config: {
      api: { limits: { concurrentStreams: 1000 } },
      models: {
        fallbacks: ['backup/o4-mini'],
        providers: {
          acme: { api: 'openai-completions', baseUrl: upstream.url, apiKey, models: [{ id: 'gpt-4o-mini' }] },
          backup: { api: 'openai-completions', baseUrl: backup.url, apiKey, models: [{ id: 'o4-mini' }] },
        },
      },
    },
  })
  const attempts = new Map<string, number>()
  let next = 0
  const began = performance.now()
  const one = async (): Promise<void> => {
    while (next < turns) {
      const isStream = next++ % 2 === 0
      const path = isStream ? '/api/v1/chat/stream' : '/api/v1/chat'
      const reply = await gateway.call('POST', path, { message: 'Hello' })
      const text = await reply.text()
      assert.equal(reply.status, 200, text)
      if (isStream) {
        const frames = framesOf(text)
        assert.deepEqual(typesOf(frames), ['start', 'delta', 'done'])
        assert.equal(saidIn(frames), 'Hello, world!')
      } else {
        assert.equal(at(JSON.parse(text), 'content'), 'Hello, world!')
      }
      const count = reply.headers.get('x-openclaw-attempts') ?? 'none'
      attempts.set(count, (attempts.get(count) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  const counts = [...attempts].sort().map(([count, times]) => `${times} with ${count}`)
  t.diagnostic(`attempts: ${counts.join(', ')}; ${failed} faults; ${backup.requests.length} by the fallback`)
  t.diagnostic(`${Math.round(performance.now() - began)} ms`)
  assert.equal(attempts.has('none'), false)
  assert.ok(failed >= 100, `${failed} faults`)
  assert.equal(asked + backup.requests.length, total(attempts))
})

function total(attempts: ReadonlyMap<string, number>): number {
  return [...attempts].reduce((sum, [count, times]) => sum + Number(count) * times, 0)
}
