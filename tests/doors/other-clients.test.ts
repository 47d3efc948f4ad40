import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
const claude = anthropicDefaults.models[0].id
let gateway: RunningGateway
let openAiModel: ProviderServer
let anthropicModel: ProviderServer

before(async () => {
  openAiModel = stack.use(await startOpenAiServer())
  anthropicModel = stack.use(await startAnthropicServer())
  const one = {
    api: 'openai-completions',
    baseUrl: openAiModel.url,
    apiKey: openAiDefaults.apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  const two = {
    api: 'anthropic-messages',
    baseUrl: anthropicModel.url,
    apiKey: anthropicDefaults.apiKey,
    models: [{ id: claude }],
  }
  gateway = await useGateway(stack, {
    config: { models: { retries: 0, providers: { one, two } } },
    tokens: { admin: { scope: ['admin'] }, app: { scope: ['chat'] } },
  })
})
after(() => stack.disposeAsync())

function models(): readonly (readonly [name: string, served: ProviderServer, model: LanguageModel])[] {
  const apiKey = gateway.secrets.app ?? ''
  const compatible = createOpenAICompatible({
    name: 'openclaw',
    baseURL: `${gateway.url}/v1`,
    apiKey,
    includeUsage: true,
  })
  const anthropic = createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey })
  return [
    ['OpenAI door to OpenAI', openAiModel, compatible('gpt-4o-mini')],
    ['OpenAI door to Anthropic', anthropicModel, compatible(claude)],
    ['Anthropic door to Anthropic', anthropicModel, anthropic(claude)],
    ['Anthropic door to OpenAI', openAiModel, anthropic('gpt-4o-mini')],
  ]
}

const weather = tool({
  description: 'The weather of a town.',
  inputSchema: z.object({ town: z.string() }),
  execute: async ({ town }) => `rain in ${town}`,
})

test('the package ai gets text, streams it, and runs its tools through each door to each dialect', async () => {
  for (const [name, served, model] of models()) {
    served.next({ pieces: ['Hello', ' you'], inputTokens: 4, outputTokens: 2 })
    const plain = await generateText({ model, prompt: 'Hi.', maxRetries: 0 })
    assert.deepEqual([plain.text, plain.finishReason], ['Hello you', 'stop'], name)
    assert.deepEqual([plain.usage.inputTokens, plain.usage.outputTokens], [4, 2], name)

    served.next({ pieces: ['Hel', 'lo'] })
    let text = ''
    for await (const piece of streamText({ model, prompt: 'Hi.', maxRetries: 0 }).textStream) text += piece
    assert.equal(text, 'Hello', name)

    served.next({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"town":"Oslo"}' }] })
    served.next({ pieces: ['Take an umbrella.'] })
    const used = await generateText({
      model,
      prompt: 'Weather in Oslo?',
      tools: { weather },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
    })
    assert.equal(used.text, 'Take an umbrella.', name)
    assert.match(JSON.stringify(served.requests.at(-1)?.body), /rain in Oslo/, name)

    served.next({ toolCalls: [{ id: 'call_2', name: 'weather', arguments: '{"town":"Rome"}' }] })
    served.next({ pieces: ['Sun', 'glasses.'] })
    const streamed = streamText({
      model,
      prompt: 'Rome?',
      tools: { weather },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
    })
    assert.equal(await streamed.text, 'Sunglasses.', name)
  }
})

test('LangChain gets text, streams it, and is handed the calls of its tools', async () => {
  const model = new ChatOpenAI({
    model: 'gpt-4o-mini',
    apiKey: gateway.secrets.app ?? '',
    configuration: { baseURL: `${gateway.url}/v1` },
    maxRetries: 0,
  })
  openAiModel.next({ pieces: ['Hello'] })
  assert.equal((await model.invoke('Hi.')).text, 'Hello')
  openAiModel.next({ pieces: ['Hel', 'lo'] })
  let text = ''
  for await (const chunk of await model.stream('Hi.')) text += chunk.text
  assert.equal(text, 'Hello')
  openAiModel.next({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"town":"Oslo"}' }] })
  const parameters = { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] }
  const bound = model.bindTools([
    { type: 'function', function: { name: 'weather', description: 'w', parameters } },
  ])
  const { tool_calls: calls } = await bound.invoke('Weather?')
  assert.deepEqual(
    calls?.map(({ name, args }) => [name, args]),
    [['weather', { town: 'Oslo' }]],
  )
})
