import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import type { MessageCreateParams } from '@anthropic-ai/sdk/resources'
import OpenAI from 'openai'
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import { type MessagesRequest, messagesRequest } from '../../src/providers/anthropic/question.ts'
import { createProvider } from '../../src/providers/index.ts'
import { completionRequest } from '../../src/providers/openai/question.ts'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { collect, turnOf } from '../support/provider-collect.ts'

// What the official SDKs send and read, the fakes must take and send: otherwise ours would only agree with itself. That our own requests
// fit the SDKs' types is held by the compiler.
const signal = new AbortController().signal
const pieces = ['Grüße, ', '世界', '! 👋🏽']
const messages = [{ role: 'user', content: 'Hi' }] as const

describe('the official SDKs agree with our wire', () => {
  it('Anthropic’s types take our request', () => {
    const request = messagesRequest(turnOf('claude-sonnet-4-5', true, { systemPrompt: 'x' }), 10, 'acme')
    // Its newest API version has no temperature any more; the version that we speak has.
    const { temperature: _, ...rest } = request satisfies MessagesRequest
    const params: MessageCreateParams = rest
    assert.equal(params.model, 'claude-sonnet-4-5')
  })

  it('OpenAI’s types take our request', () => {
    const turn = turnOf('gpt-4o-mini', true, { systemPrompt: 'x', maxTokens: 5, temperature: 1 })
    for (const field of ['max_tokens', 'max_completion_tokens'] as const) {
      const params: ChatCompletionCreateParams = completionRequest(turn, field, 'acme')
      assert.equal(params[field], 5)
    }
  })

  it('Anthropic’s SDK and we read the same from the same server', async () => {
    await using server = await startAnthropicServer()
    server.behave = () => ({ pieces, inputTokens: 7 })
    const sdk = new Anthropic({ apiKey: anthropicDefaults.apiKey, baseURL: server.url, maxRetries: 0 })
    const params = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [...messages] }
    const plain = await sdk.messages.create(params)
    assert.deepEqual(plain.content, [{ type: 'text', text: pieces.join(''), citations: null }])
    const texts: string[] = []
    for await (const event of await sdk.messages.create({ ...params, stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
        texts.push(event.delta.text)
    }
    assert.deepEqual(texts, pieces)
    const listed: string[] = []
    for await (const model of sdk.models.list({ limit: 2 })) listed.push(model.id)

    const provider = createProvider({
      name: 'a',
      api: 'anthropic-messages',
      baseUrl: server.url,
      apiKey: anthropicDefaults.apiKey,
    })
    const ours = await collect(provider.stream(turnOf(params.model, true), signal))
    assert.deepEqual(ours.pieces, texts)
    assert.deepEqual(ours.finish?.usage, {
      inputTokens: plain.usage.input_tokens,
      outputTokens: plain.usage.output_tokens,
    })
    assert.deepEqual(
      (await provider.models(signal)).map((model) => model.id),
      listed,
    )
    await provider.close()
  })

  it('OpenAI’s SDK and we read the same from the same server', async () => {
    await using server = await startOpenAiServer()
    server.behave = () => ({ pieces, inputTokens: 7 })
    const sdk = new OpenAI({ apiKey: openAiDefaults.apiKey, baseURL: server.url, maxRetries: 0 })
    const params = { model: 'gpt-4o-mini', messages: [...messages] }
    const plain = await sdk.chat.completions.create(params)
    assert.equal(plain.choices[0]?.message.content, pieces.join(''))
    const texts: string[] = []
    for await (const chunk of await sdk.chat.completions.create({ ...params, stream: true })) {
      const text = chunk.choices[0]?.delta.content
      if (text) texts.push(text)
    }
    assert.deepEqual(texts, pieces)
    const listed: string[] = []
    for await (const model of sdk.models.list()) listed.push(model.id)

    const provider = createProvider({
      name: 'o',
      api: 'openai-completions',
      baseUrl: server.url,
      apiKey: openAiDefaults.apiKey,
    })
    const ours = await collect(provider.stream(turnOf(params.model, true), signal))
    assert.deepEqual(ours.pieces, texts)
    assert.deepEqual(ours.finish?.usage, {
      inputTokens: plain.usage?.prompt_tokens,
      outputTokens: plain.usage?.completion_tokens,
    })
    assert.deepEqual((await provider.models(signal)).map((model) => model.id).toSorted(), listed.toSorted())
    await provider.close()
  })
})
