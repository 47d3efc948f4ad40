import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { at, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const names = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5'] as const
const doubling = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [
    `a${i}`,
    { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] },
  ]),
)
const evils = [
  { type: 'string', const: `${'a'.repeat(50)}b`, pattern: '^(a+)+$' },
  { $ref: '#/$defs/a0', $defs: { ...doubling, a30: { type: 'string' } } },
] as const
const harmless = { type: 'object', properties: { mood: { type: 'string' } }, required: ['mood'] }

describe('a flood of schemas that take long', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const tokens = Object.fromEntries(['good', ...names].map((name) => [name, { scope: ['chat'] }]))
  const gateway = await useGateway(stack, {
    tokens,
    config: { models: { default: 'demo/demo', retries: 0 } },
  })
  const chat = async (
    name: string,
    schema: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> => {
    const body = { message: 'Hello', responseFormat: { type: 'json_schema', schema } }
    const response = await gateway.call('POST', '/api/v1/chat', body, gateway.secrets[name])
    return { status: response.status, body: await response.json() }
  }

  it('holds up neither the gateway nor the answers of others, and each gets its own error', async () => {
    assert.equal((await chat('good', harmless)).status, 200)
    let isOver = false
    const flood = Promise.all(
      names.map(async (name) => {
        const replies = []
        for (let i = 0; i < 2; i++)
          replies.push(await chat(name, { ...evils[i % 2], description: `${name} ${i}` }))
        return replies
      }),
    ).finally(() => {
      isOver = true
    })
    const healthMs: number[] = []
    while (!isOver) {
      const before = performance.now()
      const health = await fetch(`${gateway.url}/api/v1/health`)
      await health.body?.cancel()
      healthMs.push(performance.now() - before)
      const { status, body } = await chat('good', harmless)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(at(body, 'data', 'mood'), 'demo')
    }
    for (const { status, body } of (await flood).flat()) {
      assert.equal(status, 502, JSON.stringify(body))
      assert.match(textAt(body, 'message'), /data takes longer than 100 ms to check/)
    }
    // One such schema on the thread that answers requests would be 100 ms each time, and six of them wait in turn.
    const [median = 0] = healthMs.toSorted((a, b) => a - b).slice(healthMs.length / 2)
    assert.ok(median < 250, `health within ${median} ms`)
    assert.ok(healthMs.length > 3, `${healthMs.length} rounds`)
  })

  it('lists within lists are a small sample for the demo model', async () => {
    const list = (items: object): object => ({ type: 'array', minItems: 100, items })
    const { status, body } = await chat('good', list(list(list({ type: 'string' }))))
    assert.equal(status, 502)
    assert.doesNotMatch(textAt(body, 'message'), /the answer is longer/)
  })
})
