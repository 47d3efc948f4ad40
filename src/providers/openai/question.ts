import type {
  AssistantMessage,
  MessagePart,
  ProviderMessage,
  ProviderTurn,
  Tool,
  ToolChoice,
} from '../../domain/models/provider.ts'
import { nativeFields } from '../native-fields.ts'
import { isRecord } from '../record.ts'
import { withSchemaInstruction } from '../schema-instruction.ts'

/** The body of `POST /chat/completions`, as far as the gateway uses it. */
export interface CompletionRequest {
  model: string
  messages: WireMessage[]
  stream: boolean
  max_tokens?: number
  max_completion_tokens?: number
  temperature?: number
  tools?: WireTool[]
  tool_choice?: 'auto' | 'none' | 'required' | { type: 'function'; function: { name: string } }
  parallel_tool_calls?: boolean
  response_format?: { type: 'json_schema'; json_schema: WireSchema }
  stream_options?: { include_usage: true }
}

type WireMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | WirePart[] }
  | { role: 'assistant'; content: string | null; tool_calls?: WireCall[] }
  | { role: 'tool'; tool_call_id: string; content: string }

type WirePart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

interface WireCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

interface WireTool {
  type: 'function'
  function: {
    name: string
    description?: string
    parameters: { [keyword: string]: unknown }
    strict?: boolean
  }
}

interface WireSchema {
  name: string
  schema: { [keyword: string]: unknown }
  strict: boolean
}

/** How the form of an answer is asked for: by `response_format`, held to it by the server or not, or in words. */
export type FormatMeans = 'strict' | 'schema' | 'words'

/** Writes a turn as a request. `provider` is the name that thoughts are given back to. */
export function completionRequest(
  turn: ProviderTurn,
  maxTokensField: 'max_tokens' | 'max_completion_tokens',
  provider: string,
  means?: FormatMeans,
): CompletionRequest {
  const { messages, maxTokens, temperature, responseFormat } = turn
  const system =
    means === 'words' ? withSchemaInstruction(turn.systemPrompt, responseFormat) : turn.systemPrompt
  return {
    ...turn.extra?.openai,
    model: turn.model,
    messages: [
      ...(system ? [{ role: 'system' as const, content: system }] : []),
      ...messages.map((message) => messageOf(message, turn, provider)),
    ],
    stream: turn.stream,
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(turn.tools === undefined ? {} : toolFields(turn, turn.tools)),
    ...(responseFormat === undefined || means === undefined || means === 'words'
      ? {}
      : { response_format: { type: 'json_schema', json_schema: schemaOf(responseFormat, means) } }),
    // Without it a stream tells no usage at all.
    ...(turn.stream ? { stream_options: { include_usage: true as const } } : {}),
    ...nativeFields(turn, 'openai', provider),
  }
}

function messageOf(message: ProviderMessage, turn: ProviderTurn, provider: string): WireMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.parts?.map(partOf) ?? message.content }
    case 'assistant':
      return {
        ...(message.toolCalls === undefined
          ? { role: 'assistant', content: message.content }
          : callsOf(message, turn, provider)),
        ...(turn.native?.dialect === 'openai' ? message.extra : {}),
      }
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
  }
}

function partOf(part: MessagePart): WirePart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return { type: 'image_url', image_url: { url: `data:${part.mimeType};base64,${part.data}` } }
    case 'image_url':
      return { type: 'image_url', image_url: { url: part.url } }
  }
}

function callsOf(
  { content, toolCalls = [], thought }: AssistantMessage,
  turn: ProviderTurn,
  provider: string,
): WireMessage {
  const isOwn = thought?.provider === provider && thought.model === turn.model
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(isOwn && isRecord(thought.value) ? thought.value : {}),
    tool_calls: toolCalls.map((call) => ({
      id: call.id,
      type: 'function' as const,
      function: { name: call.name, arguments: call.arguments },
      ...(isOwn || thought === undefined ? call.extra : {}),
    })),
  }
}

function toolFields(
  { toolChoice, parallelToolCalls }: ProviderTurn,
  tools: readonly Tool[],
): Pick<CompletionRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'> {
  return {
    tools: tools.map((tool) => ({
      type: 'function',
      function: { ...tool, parameters: { ...tool.parameters } },
    })),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoiceOf(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

function toolChoiceOf(choice: ToolChoice): NonNullable<CompletionRequest['tool_choice']> {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

function schemaOf(
  { name, schema }: NonNullable<ProviderTurn['responseFormat']>,
  means: 'strict' | 'schema',
): WireSchema {
  const { $schema: _, $id: __, ...rest } = schema
  return { name, schema: rest, strict: means === 'strict' }
}
