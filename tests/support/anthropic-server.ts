import type { Message, RawMessageStreamEvent, ThinkingBlock, ToolUseBlock } from '@anthropic-ai/sdk/resources'
import { checkAnthropicRequest } from './provider-anthropic-rules.ts'
import {
  type Behaviour,
  fieldsOf,
  type ProviderServer,
  type RecordedRequest,
  type ServerDialect,
  type ServerEvent,
  startProviderServer,
} from './provider-server.ts'

/** What a fake Anthropic serves. */
export interface AnthropicServerOptions {
  /** The only key that is taken. */
  readonly apiKey?: string
  readonly models?: readonly AnthropicModel[]
}

/** A model of the fake, with its limits in tokens. */
export interface AnthropicModel {
  readonly id: string
  readonly contextWindow?: number
  readonly maxTokens?: number
  /** Answers 400 to `temperature`, as the models since Claude Opus 4.7 do. */
  readonly refusesTemperature?: boolean
  /** Answers 400 to `output_config`, as the models before Claude 4.5 do. */
  readonly withoutOutputConfig?: boolean
  /** Answers 400 to a `tool_choice` that makes it call a tool. */
  readonly alwaysThinks?: boolean
}

/** The key and the models of a fake that was not told others. */
export const anthropicDefaults = {
  apiKey: 'sk-ant-api03-fake-key-of-the-tests',
  models: [
    { id: 'claude-sonnet-4-5', contextWindow: 200_000, maxTokens: 64_000 },
    { id: 'claude-opus-4-7', contextWindow: 1_000_000, maxTokens: 128_000, refusesTemperature: true },
    { id: 'claude-next', contextWindow: 1000, maxTokens: 500, refusesTemperature: true },
  ],
} as const satisfies AnthropicServerOptions

/**
 * Starts a server that speaks Anthropic's Messages API as strictly as the real one, over loopback. It refuses what that refuses, with the
 * same bodies, and sends the same sequences of events; its payloads are typed by the official SDK.
 */
export function startAnthropicServer(options: AnthropicServerOptions = {}): Promise<ProviderServer> {
  const apiKey = options.apiKey ?? anthropicDefaults.apiKey
  const models: readonly AnthropicModel[] = options.models ?? anthropicDefaults.models
  const dialect: ServerDialect = {
    basePath: '',
    check: (request) => checkAnthropicRequest(request, apiKey, models),
    wantsStream: (request) => fieldsOf(request.body).stream === true,
    events: eventsOf,
    plain: messageOf,
  }
  return startProviderServer(dialect)
}

const noUsage = {
  cache_creation: null,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  inference_geo: null,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  speed: null,
} as const

function messageOf(request: RecordedRequest, behaviour: Behaviour): Message {
  const pieces = piecesOf(behaviour)
  return {
    ...emptyMessage(request, behaviour),
    content: [
      ...thoughtsOf(behaviour),
      ...(pieces.length === 0 ? [] : [{ type: 'text' as const, text: pieces.join(''), citations: null }]),
      ...callsOf(behaviour),
    ],
    stop_reason: stopReasonOf(behaviour),
    usage: {
      ...noUsage,
      input_tokens: behaviour.inputTokens ?? 12,
      output_tokens: behaviour.outputTokens ?? pieces.length,
    },
  }
}

function emptyMessage(request: RecordedRequest, behaviour: Behaviour): Message {
  return {
    id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    type: 'message',
    role: 'assistant',
    model: String(fieldsOf(request.body).model),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: { ...noUsage, input_tokens: behaviour.inputTokens ?? 12, output_tokens: 1 },
  }
}

function eventsOf(request: RecordedRequest, behaviour: Behaviour): readonly ServerEvent[] {
  const pieces = piecesOf(behaviour)
  const texts = pieces.map((text) => textEvent(text))
  if (behaviour.errorEvent !== undefined)
    texts.splice(Math.ceil(texts.length / 2), Infinity, errorEvent(behaviour.errorEvent))
  const usage = {
    ...noUsage,
    input_tokens: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: behaviour.outputTokens ?? pieces.length,
  }
  const blocks = [
    ...thoughtEvents(behaviour),
    ...(pieces.length === 0 ? [] : [textEvents(texts)]),
    ...callsOf(behaviour).map(callEvents),
  ]
  return [
    eventOf({ type: 'message_start', message: emptyMessage(request, behaviour) }),
    { event: 'ping', data: '{"type": "ping"}' },
    ...blocks.flatMap((events, index) => events.map((event) => numbered(event, index))),
    eventOf({
      type: 'message_delta',
      delta: {
        stop_reason: stopReasonOf(behaviour),
        stop_sequence: null,
        stop_details: null,
        container: null,
      },
      usage,
    }),
    eventOf({ type: 'message_stop' }),
  ]
}

function textEvents(texts: readonly ServerEvent[]): readonly ServerEvent[] {
  const content_block = { type: 'text', text: '', citations: null } as const
  return [eventOf({ type: 'content_block_start', index: 0, content_block }), ...texts, blockStop]
}

const blockStop = eventOf({ type: 'content_block_stop', index: 0 })

function callEvents(call: ToolUseBlock): readonly ServerEvent[] {
  const json = JSON.stringify(call.input)
  const pieces = ['', json.slice(0, 5), json.slice(5)]
  return [
    eventOf({ type: 'content_block_start', index: 0, content_block: { ...call, input: {} } }),
    ...pieces.map((partial_json) =>
      eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } }),
    ),
    blockStop,
  ]
}

const signature = 'c2lnbmVkIGJ5IHRoZSBmYWtl'

function thoughtsOf({ thinking }: Behaviour): ThinkingBlock[] {
  return thinking === undefined ? [] : [{ type: 'thinking', thinking, signature }]
}

function thoughtEvents({ thinking }: Behaviour): readonly (readonly ServerEvent[])[] {
  if (thinking === undefined) return []
  const content_block = { type: 'thinking', thinking: '', signature: '' } as const
  return [
    [
      eventOf({ type: 'content_block_start', index: 0, content_block }),
      eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } }),
      eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } }),
      blockStop,
    ],
  ]
}

function callsOf({ toolCalls = [] }: Behaviour): ToolUseBlock[] {
  return toolCalls.map(({ id, name, arguments: json }) => ({
    type: 'tool_use',
    id,
    name,
    input: JSON.parse(json),
    caller: { type: 'direct' },
  }))
}

function numbered(event: ServerEvent, index: number): ServerEvent {
  return { ...event, data: event.data.replace('"index":0', `"index":${index}`) }
}

function textEvent(text: string): ServerEvent {
  return {
    ...eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    isText: true,
  }
}

function errorEvent(error: { readonly type: string; readonly message: string }): ServerEvent {
  return {
    event: 'error',
    data: JSON.stringify({
      type: 'error',
      error: { details: null, ...error },
      request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
    }),
  }
}

function eventOf(event: RawMessageStreamEvent): ServerEvent {
  return { event: event.type, data: JSON.stringify(event) }
}

function stopReasonOf(behaviour: Behaviour): Message['stop_reason'] {
  const reasons = [
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'refusal',
    'model_context_window_exceeded',
  ] as const
  const standard = behaviour.toolCalls === undefined ? 'end_turn' : 'tool_use'
  return reasons.find((reason) => reason === (behaviour.stopReason ?? standard)) ?? null
}

function piecesOf(behaviour: Behaviour): readonly string[] {
  return behaviour.pieces ?? (behaviour.toolCalls === undefined ? ['Hello', ', ', 'world', '!'] : [])
}
