import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { fieldsOf, type ProviderServer, type RecordedRequest } from '../support/provider-server.ts'

const stack = new AsyncDisposableStack()
let anthropic: ProviderServer
let openai: ProviderServer
let gateway: RunningGateway

const tokens = { admin: { scope: ['admin'], rateLimit: 100_000 } }

function configWith(conversations: object): Readonly<Record<string, unknown>> {
  return {
    conversations,
    models: {
      default: 'claude-sonnet-4-5',
      retries: 0,
      providers: {
        claude: {
          api: 'anthropic-messages',
          baseUrl: anthropic.url,
          apiKey: anthropicDefaults.apiKey,
          models: [{ id: 'claude-sonnet-4-5', contextWindow: 200_000 }],
        },
        gpt: {
          api: 'openai-completions',
          baseUrl: openai.url,
          apiKey: openAiDefaults.apiKey,
          models: [{ id: 'gpt-4o-mini', contextWindow: 4_000, maxTokens: 500 }],
        },
      },
    },
  }
}

before(async () => {
  anthropic = stack.use(await startAnthropicServer())
  openai = stack.use(await startOpenAiServer())
  gateway = await startGateway({ tokens, config: configWith({ historyMessages: 2, summarize: true }) })
  stack.defer(() => rm(gateway.home, { recursive: true, force: true }))
  stack.defer(() => gateway.stop())
})
after(() => stack.disposeAsync())

async function chat(body: object): Promise<Response> {
  return await gateway.call('POST', '/api/v1/chat', body)
}

async function chatted(body: object): Promise<unknown> {
  const response = await chat(body)
  assert.equal(response.status, 200, await response.clone().text())
  return await response.json()
}

function isSummary(request: RecordedRequest): boolean {
  return JSON.stringify(request.body).includes('You keep the memory of a conversation')
}

function saysOf(request: RecordedRequest): string {
  return textAt(request.body, 'messages', 0, 'content')
}

/** Waits until the provider has been asked for so many summaries and the last one is answered. */
async function summaries(provider: ProviderServer, count: number): Promise<readonly RecordedRequest[]> {
  const asked = await eventually(`${count} summaries`, () => {
    const all = provider.requests.filter(isSummary)
    return all.length >= count ? all : undefined
  })
  await asked.at(-1)?.closed
  return asked
}

function lastTurn(provider: ProviderServer): ReturnType<typeof fieldsOf> {
  return fieldsOf(
    provider.requests.findLast((request) => request.method === 'POST' && !isSummary(request))?.body,
  )
}

/** The next turn's question once the summary that it holds is stored. */
async function turnWithSummary(body: object, text: string): Promise<ReturnType<typeof fieldsOf>> {
  return await eventually(`a turn with the summary ${text}`, async () => {
    await chatted(body)
    const turn = lastTurn(anthropic)
    return JSON.stringify(turn.system ?? '').includes(text) ? turn : undefined
  })
}

test('what no longer fits reaches the model as a summary, over a restart, until it is switched off', async () => {
  anthropic.behave = (request) => (isSummary(request) ? { pieces: ['Her name is Ada.'] } : undefined)
  const conversationId = 'long'
  await chatted({ conversationId, message: 'My name is Ada.', systemPrompt: 'Be kind.' })
  await chatted({ conversationId, message: 'Two?' })
  const [asked] = await summaries(anthropic, 1)
  assert.equal(at(asked?.body, 'stream') === true, false)
  assert.match(textAt(asked?.body, 'messages', 0, 'content'), /User: My name is Ada\./)
  const turn = await turnWithSummary({ conversationId, message: 'Three?' }, 'Her name is Ada.')
  assert.match(JSON.stringify(turn.system), /Be kind\..*BEGIN summary/)
  assert.equal(listAt(turn, 'messages').length, 3)

  const { home } = gateway
  const restart = async (conversations: object): Promise<void> => {
    gateway.child.kill('SIGTERM')
    await gateway.exited
    gateway = await startGateway({ tokens, home, config: configWith(conversations) })
  }
  await restart({ historyMessages: 2, summarize: true })
  await chatted({ conversationId, message: 'Four?' })
  assert.match(JSON.stringify(lastTurn(anthropic).system), /Her name is Ada\./)
  await restart({ historyMessages: 2 })
  const before = anthropic.requests.length
  await chatted({ conversationId, message: 'Five?' })
  assert.equal(lastTurn(anthropic).system, 'Be kind.')
  await chatted({ conversationId, message: 'Six?' })
  assert.equal(anthropic.requests.length, before + 2)
  anthropic.behave = undefined
  await restart({ historyMessages: 2, summarize: true })
})

test('a summarizer that fails, or answers nothing, is noticed by no caller', async () => {
  const conversationId = 'unlucky'
  let failures = 0
  anthropic.behave = (request) => {
    if (!isSummary(request)) return undefined
    failures++
    return failures === 1
      ? { reply: { status: 500, body: { type: 'error', error: { type: 'api_error', message: 'Oh.' } } } }
      : { fault: 'reset-before-headers' }
  }
  await chatted({ conversationId, message: 'One?' })
  await chatted({ conversationId, message: 'Two?' })
  await eventually('the first failure', () => (failures === 1 ? true : undefined))
  await eventually('the log line', () => /summary not made/.test(gateway.output()) || undefined)
  await chatted({ conversationId, message: 'Three?' })
  await eventually('the second failure', () => (failures === 2 ? true : undefined))
  anthropic.behave = (request) => (isSummary(request) ? { pieces: ['Found again.'] } : undefined)
  const turn = await turnWithSummary({ conversationId, message: 'Four?' }, 'Found again.')
  assert.match(JSON.stringify(turn.system), /BEGIN summary/)
  anthropic.behave = undefined
})

test('a stalled summary holds up no turn of its conversation, and none of the stop', async () => {
  const conversationId = 'slow'
  anthropic.behave = (request) => (isSummary(request) ? { fault: 'stall-before-headers' } : undefined)
  await chatted({ conversationId, message: 'Stall?' })
  await chatted({ conversationId, message: 'Two?' })
  const stalled = await eventually('the summary', () =>
    anthropic.requests.findLast((request) => isSummary(request) && saysOf(request).includes('Stall?')),
  )
  await stalled.stalled
  const since = performance.now()
  const replies = await Promise.all(
    ['Three?', 'Four?', 'Five?'].map((message) => chatted({ conversationId, message })),
  )
  assert.equal(replies.length, 3)
  assert.ok(performance.now() - since < 20_000)
  const { home } = gateway
  gateway.child.kill('SIGTERM')
  assert.deepEqual(await gateway.exited, [0, null])
  assert.ok(performance.now() - since < 40_000)
  anthropic.behave = undefined
  gateway = await startGateway({ tokens, home, config: configWith({ historyMessages: 2, summarize: true }) })
})

test('a fallback with a smaller window is shown the summary and fewer messages', async () => {
  const { home } = gateway
  gateway.child.kill('SIGTERM')
  await gateway.exited
  const config = configWith({ historyMessages: 100, summarize: true })
  const models = { ...fieldsOf(config.models), fallbacks: ['gpt-4o-mini'] }
  gateway = await startGateway({ tokens, home, config: { ...config, models } })
  openai.behave = (request) => (isSummary(request) ? { pieces: ['In short.'] } : undefined)
  const conversationId = 'fallback'
  const message = `? ${'word '.repeat(400)}`
  for (let i = 0; i < 6; i++) await chatted({ conversationId, message: `${i}${message}` })
  assert.equal(listAt(lastTurn(anthropic), 'messages').length, 11)
  const overloaded = {
    status: 529,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  }
  anthropic.behave = () => ({ reply: overloaded })
  const reply = await chatted({ conversationId, message: '6?' })
  assert.equal(textAt(reply, 'model'), 'gpt-4o-mini')
  const shown = listAt(lastTurn(openai), 'messages').length
  assert.ok(shown < 13, `${shown} messages`)
  const [asked] = await summaries(openai, 1)
  assert.match(JSON.stringify(asked?.body), /User: 0\?/)
  await eventually('a fallback with the summary', async () => {
    await chatted({ conversationId, message: '7?' })
    return JSON.stringify(lastTurn(openai)).includes('In short.') || undefined
  })
  anthropic.behave = undefined
  openai.behave = undefined
  await chatted({ conversationId, message: '8?' })
  assert.doesNotMatch(JSON.stringify(lastTurn(anthropic)), /In short\./)
})

test('a message that fits no window by itself is 400 and is neither stored nor asked', async () => {
  const before = lastTurn(openai)
  const response = await chat({ conversationId: 'huge', model: 'gpt-4o-mini', message: 'x'.repeat(60_000) })
  const error = await expectError(response, 400, 'invalid_request')
  assert.match(textAt(error, 'message'), /gpt-4o-mini takes 4000/)
  assert.deepEqual(lastTurn(openai), before)
  assert.equal((await gateway.call('GET', '/api/v1/conversations/huge')).status, 404)
})

test('what summaries use is told apart from turns, and belongs to the token', async () => {
  const usage: unknown = await (await gateway.call('GET', '/api/v1/usage?groupBy=model')).json()
  const turns = [...anthropic.requests, ...openai.requests].filter(
    (request) => request.method === 'POST' && !isSummary(request),
  )
  const requests = listAt(usage, 'data').reduce((sum: number, row) => sum + Number(at(row, 'requests')), 0)
  assert.ok(requests > 0 && requests <= turns.length, `${requests} requests of ${turns.length} turns`)
})
