import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { LLMock } from '@copilotkit/aimock'
import { createProvider, type ProviderSettings } from '../../src/providers/index.ts'
import { codeOf, collect, turnOf } from '../support/provider-collect.ts'

const answer = 'Grüße aus der 世界! 👋🏽 And a few more words, so that it takes several chunks.'
const signal = new AbortController().signal

describe('a third party’s emulator understands us, and we it', () => {
  const mock = new LLMock({ port: 0, chunkSize: 7 })
  before(async () => {
    const usage = { input_tokens: 5, output_tokens: 9, prompt_tokens: 5, completion_tokens: 9 }
    mock.onMessage('hello', { content: answer, usage })
    mock.onMessage('busy', { error: { message: 'Overloaded', type: 'overloaded_error' }, status: 529 })
    await mock.start()
  })
  after(() => mock.stop())

  const dialects = [
    ['anthropic-messages', ''],
    ['openai-completions', '/v1'],
  ] as const
  for (const [api, path] of dialects) {
    const settings = (): ProviderSettings => ({
      name: 'aimock',
      api,
      baseUrl: `${mock.url}${path}`,
      apiKey: 'mock',
    })
    const messages = [{ role: 'user', content: 'hello' }] as const

    it(`${api}: streamed`, async () => {
      const provider = createProvider(settings())
      const turn = turnOf('a-model', true, {
        messages,
        systemPrompt: 'Be brief.',
        maxTokens: 100,
        temperature: 0.5,
      })
      const { error, pieces, finish } = await collect(provider.stream(turn, signal))
      assert.ifError(error)
      assert.ok(pieces.length > 3)
      assert.equal(pieces.join(''), answer)
      assert.equal(finish?.finishReason, 'stop')
      assert.deepEqual(finish?.usage, { inputTokens: 5, outputTokens: 9 })
      await provider.close()
    })

    it(`${api}: plain`, async () => {
      const provider = createProvider(settings())
      const { error, pieces, finish } = await collect(
        provider.stream(turnOf('a-model', false, { messages }), signal),
      )
      assert.ifError(error)
      assert.deepEqual(pieces, [answer])
      assert.equal(finish?.finishReason, 'stop')
      await provider.close()
    })

    it(`${api}: a failure`, async () => {
      const provider = createProvider(settings())
      const busy = turnOf('a-model', true, { messages: [{ role: 'user', content: 'busy' }] })
      assert.equal(codeOf(await collect(provider.stream(busy, signal))), 'provider_unavailable')
      await provider.close()
    })
  }
})
