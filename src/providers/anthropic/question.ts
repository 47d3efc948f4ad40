import { GatewayError } from '../../domain/errors.ts'
import type {
  AssistantMessage,
  ImageType,
  JsonObject,
  MessagePart,
  ProviderMessage,
  ProviderTurn,
  ToolChoice,
  ToolMessage,
} from '../../domain/models/provider.ts'
import { nativeFields } from '../native-fields.ts'
import { isRecord } from '../record.ts'
import { withSchemaInstruction } from '../schema-instruction.ts'
import { answerTool, type ThoughtBlock, thoughtsIn } from './blocks.ts'

/** The body of `POST /v1/messages`, as far as the gateway uses it. */
export interface MessagesRequest {
  model: string
  max_tokens: number
  messages: { role: 'user' | 'assistant'; content: string | ContentBlock[] }[]
  stream: boolean
  system?: string
  temperature?: number
  tools?: WireTool[]
  tool_choice?: WireToolChoice
  output_config?: { format: { type: 'json_schema'; schema: { [keyword: string]: unknown } } }
}

type ContentBlock =
  | { type: 'text'; text: string }
  | { type: 'image'; source: { type: 'base64'; media_type: ImageType; data: string } }
  | { type: 'image'; source: { type: 'url'; url: string } }
  | { type: 'tool_use'; id: string; name: string; input: unknown }
  | { type: 'tool_result'; tool_use_id: string; content: string; is_error?: boolean }
  | ThoughtBlock

interface WireTool {
  name: string
  description?: string
  input_schema: { type: 'object' }
  strict?: boolean
}

type WireToolChoice =
  | { type: 'none' }
  | { type: 'auto' | 'any'; disable_parallel_tool_use?: boolean }
  | { type: 'tool'; name: string; disable_parallel_tool_use?: boolean }

/** How the form of an answer is asked for: by the API's own `output_config`, by a tool that must be called, or in words. */
export type FormatMeans =
  | { readonly type: 'output_config'; readonly schema: JsonObject }
  | { readonly type: 'tool' }
  | { readonly type: 'words' }

/** Writes a turn as a request. Throws `invalid_request` for a temperature above 1, which this API does not have. */
export function messagesRequest(
  turn: ProviderTurn,
  maxTokensDefault: number,
  provider: string,
  means?: FormatMeans,
): MessagesRequest {
  const { temperature } = turn
  if (temperature !== undefined && temperature > 1) {
    throw new GatewayError(
      'invalid_request',
      `temperature must be at most 1 for the models of ${provider}, not ${temperature}.`,
      {
        details: { field: 'temperature' },
      },
    )
  }
  const system =
    means?.type === 'words'
      ? withSchemaInstruction(turn.systemPrompt, turn.responseFormat)
      : turn.systemPrompt
  return {
    ...turn.extra?.anthropic,
    model: turn.model,
    max_tokens: turn.maxTokens ?? maxTokensDefault,
    messages: messagesOf(turn, provider),
    stream: turn.stream,
    ...(system ? { system } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(turn.tools === undefined && means?.type !== 'tool' ? {} : toolFields(turn, means)),
    ...(means?.type === 'output_config'
      ? { output_config: { format: { type: 'json_schema', schema: means.schema } } }
      : {}),
    ...nativeFields(turn, 'anthropic', provider),
  }
}

// The API wants the user to speak first. A conversation may begin with what the gateway was told to send, and history may be cut anywhere.
function messagesOf(turn: ProviderTurn, provider: string): MessagesRequest['messages'] {
  const messages: MessagesRequest['messages'] = []
  let results: ContentBlock[] | undefined
  for (const message of turn.messages) {
    if (message.role === 'tool') {
      // All results of one answer's calls stand in one message.
      if (results === undefined) {
        results = []
        messages.push({ role: 'user', content: results })
      }
      results.push(resultOf(message))
      continue
    }
    results = undefined
    const content = contentOf(message, turn, provider)
    if (content.length > 0) messages.push({ role: message.role, content })
  }
  if (messages[0]?.role === 'assistant')
    messages.unshift({ role: 'user', content: '(The conversation begins here.)' })
  return messages
}

function contentOf(
  message: Exclude<ProviderMessage, ToolMessage>,
  turn: ProviderTurn,
  provider: string,
): string | ContentBlock[] {
  if (message.role === 'user') return message.parts?.map(partOf) ?? message.content
  return message.toolCalls === undefined ? message.content : callsOf(message, turn, provider)
}

function partOf(part: MessagePart): ContentBlock {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return { type: 'image', source: { type: 'base64', media_type: part.mimeType, data: part.data } }
    case 'image_url':
      return { type: 'image', source: { type: 'url', url: part.url } }
  }
}

function callsOf(
  { content, toolCalls = [], thought }: AssistantMessage,
  turn: ProviderTurn,
  provider: string,
): ContentBlock[] {
  const isOwn = thought?.provider === provider && thought.model === turn.model
  return [
    ...(isOwn ? thoughtsIn(thought.value) : []),
    // The API refuses text that is blank.
    ...(content.trim() === '' ? [] : [{ type: 'text' as const, text: content }]),
    ...toolCalls.map((call) => ({
      type: 'tool_use' as const,
      id: call.id,
      name: call.name,
      input: inputOf(call.arguments),
    })),
  ]
}

// The API wants an object back, also where the model wrote something else.
function inputOf(json: string): unknown {
  try {
    const input: unknown = JSON.parse(json)
    return isRecord(input) && !Array.isArray(input) ? input : {}
  } catch {
    return {}
  }
}

function resultOf(message: ToolMessage): ContentBlock {
  return {
    type: 'tool_result',
    tool_use_id: message.toolCallId,
    content: message.content,
    ...(message.isError ? { is_error: true } : {}),
  }
}

function toolFields(
  turn: ProviderTurn,
  means: FormatMeans | undefined,
): Pick<MessagesRequest, 'tools' | 'tool_choice'> {
  const { tools = [], toolChoice, parallelToolCalls, responseFormat } = turn
  const written = tools.map(
    ({ name, description, parameters, strict }): WireTool => ({
      name,
      ...(description === undefined ? {} : { description }),
      input_schema: { ...parameters, type: 'object' },
      ...(strict === undefined ? {} : { strict }),
    }),
  )
  if (means?.type === 'tool' && responseFormat !== undefined) {
    const { $schema: _, $id: __, ...schema } = responseFormat.schema
    written.push({
      name: answerTool,
      description:
        'Gives the answer. The input is the whole answer, as the program that reads it expects it.',
      input_schema: { ...schema, type: 'object' },
    })
    const mayUseOthers = tools.length > 0 && toolChoice !== 'none'
    return {
      tools: written,
      tool_choice: mayUseOthers
        ? { type: 'any', disable_parallel_tool_use: true }
        : { type: 'tool', name: answerTool },
    }
  }
  if (toolChoice === undefined && parallelToolCalls === undefined) return { tools: written }
  return { tools: written, tool_choice: toolChoiceOf(toolChoice ?? 'auto', parallelToolCalls) }
}

function toolChoiceOf(choice: ToolChoice, parallelToolCalls: boolean | undefined): WireToolChoice {
  if (choice === 'none') return { type: 'none' }
  const parallel = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls }
  if (typeof choice === 'object') return { type: 'tool', name: choice.name, ...parallel }
  return { type: choice === 'required' ? 'any' : 'auto', ...parallel }
}
