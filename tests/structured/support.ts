import type { ProviderEvent, ToolCall } from '../../src/domain/models/provider.ts'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { framesOf, type SseFrame } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

/** A gateway in front of one strict provider. */
export interface Answering {
  readonly gateway: RunningGateway
  readonly provider: ProviderServer
  /** Asks for a plain reply. */
  chat(body?: Readonly<Record<string, unknown>>): Promise<{ readonly status: number; readonly body: unknown }>
  /** Asks for a stream that gets a 200. */
  stream(body?: Readonly<Record<string, unknown>>): Promise<readonly SseFrame[]>
}

/** The dialects, each with models of its fake that take and refuse what a test is about. */
export const dialects = {
  openai: {
    api: 'openai-completions',
    apiKey: openAiDefaults.apiKey,
    start: () =>
      startOpenAiServer({
        models: [
          ...openAiDefaults.models,
          { id: 'gpt-old', withoutSchemas: true, withoutTools: true },
          { id: 'gpt-3.5-turbo', withoutImages: true },
          { id: 'blind', withoutImages: true },
        ],
      }),
    model: 'gpt-4o-mini',
  },
  anthropic: {
    api: 'anthropic-messages',
    apiKey: anthropicDefaults.apiKey,
    start: () =>
      startAnthropicServer({
        models: [
          ...anthropicDefaults.models,
          { id: 'claude-3-haiku-20240307', maxTokens: 4096, withoutOutputConfig: true },
          { id: 'claude-sonnet-5-lite', withoutOutputConfig: true },
          { id: 'thinker', withoutOutputConfig: true, alwaysThinks: true },
        ],
      }),
    model: 'claude-sonnet-4-5',
  },
} as const

/** Starts both for a dialect; `config` is added to the gateway's, which lists `models` where there are any. */
export async function answering(
  stack: AsyncDisposableStack,
  name: keyof typeof dialects,
  config: Readonly<Record<string, unknown>> = {},
  models: readonly Readonly<Record<string, unknown>>[] = [],
): Promise<Answering> {
  const { api, apiKey, start, model } = dialects[name]
  const provider = stack.use(await start())
  const gateway = await useGateway(stack, {
    config: {
      models: {
        default: `acme/${model}`,
        retries: 0,
        providers: { acme: { api, baseUrl: provider.url, apiKey, models } },
      },
      ...config,
    },
  })
  const body = (rest: Readonly<Record<string, unknown>>): unknown => ({
    message: 'Sort this: I love it.',
    ...rest,
  })
  return {
    gateway,
    provider,
    chat: async (rest = {}) => {
      const response = await gateway.call('POST', '/api/v1/chat', body(rest))
      return { status: response.status, body: await response.json() }
    },
    stream: async (rest = {}) => {
      const response = await gateway.call('POST', '/api/v1/chat/stream', body(rest))
      const text = await response.text()
      if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
      return framesOf(text)
    },
  }
}

/** Returns what a provider was asked in its questions, oldest first: lists of models do not count. */
export function questionsTo(provider: ProviderServer): readonly unknown[] {
  return provider.requests.filter(({ method }) => method === 'POST').map(({ body }) => body)
}

/** Returns the last frame of a stream. */
export function lastOf(frames: readonly SseFrame[]): unknown {
  return at(frames.at(-1), 'data')
}

/** Returns the calls that an answer made, as they came whole. */
export function wholeCalls(events: readonly ProviderEvent[]): readonly ToolCall[] {
  return events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []))
}
