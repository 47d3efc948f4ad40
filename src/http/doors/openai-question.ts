import type { RelayInput } from '../../domain/chat/relay.ts'
import type {
  AssistantMessage,
  MessagePart,
  ProviderMessage,
  ProviderTurn,
  ResponseFormat,
  Tool,
  ToolCall,
  ToolChoice,
} from '../../domain/models/provider.ts'
import {
  type Fields,
  isFields,
  listAt,
  objectAt,
  optionalBoolean,
  optionalNumber,
  optionalText,
  partsAt,
  textAt,
  without,
  wrong,
} from './fields.ts'
import { imageOfUrl } from './images.ts'
import { openAiNative, thoughtsOf } from './openai-native.ts'

/** What a caller of Chat Completions asks. */
export interface OpenAiQuestion extends RelayInput {
  /** Whether the stream's last chunk tells the usage. */
  readonly includeUsage: boolean
}

const tokensMax = 10_000_000
const messagesMax = 10_000

// What the gateway itself understands; everything else goes to a provider of the same dialect as it stands.
const understood: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'n',
])

/** Reads the body of `POST /v1/chat/completions`. Throws `invalid_request` naming the field. */
export function openAiQuestion(body: unknown): OpenAiQuestion {
  const fields = objectAt(body, 'The body')
  const model = optionalText(fields.model, 'model')
  const stream = optionalBoolean(fields.stream, 'stream') ?? false
  if (fields.n !== undefined && fields.n !== null && fields.n !== 1)
    throw wrong('n', 'must be 1: ask once for each answer')
  const tokens = { minimum: 1, maximum: tokensMax, whole: true }
  const maxTokens =
    optionalNumber(fields.max_completion_tokens, 'max_completion_tokens', tokens) ??
    optionalNumber(fields.max_tokens, 'max_tokens', tokens)
  const temperature = optionalNumber(fields.temperature, 'temperature', { minimum: 0, maximum: 2 })
  const format = formatOf(fields.response_format)
  const options = isFields(fields.stream_options) ? fields.stream_options : {}
  return {
    ...(model === undefined || model === '' ? {} : { model }),
    includeUsage: options.include_usage === true,
    question: {
      ...messagesOf(fields.messages),
      stream,
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...toolsOf(fields),
      ...(format.schema === undefined ? {} : { responseFormat: format.schema }),
      extra: {
        openai: { ...without(fields, understood), ...format.rest },
        anthropic: forAnthropic(fields),
      },
      native: openAiNative(fields),
    },
  }
}

// The few settings that both dialects have.
function forAnthropic({ top_p: topP, stop }: Fields): Fields {
  const sequences = typeof stop === 'string' ? [stop] : stop
  return {
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
    ...(Array.isArray(sequences) ? { stop_sequences: sequences } : {}),
  }
}

function messagesOf(value: unknown): Pick<ProviderTurn, 'messages' | 'systemPrompt'> {
  const rows = listAt(value, 'messages')
  if (rows.length === 0 || rows.length > messagesMax)
    throw wrong('messages', `must hold 1 to ${messagesMax} messages`)
  const system: string[] = []
  const messages: ProviderMessage[] = []
  rows.forEach((row, i) => {
    const field = `messages[${i}]`
    const message = objectAt(row, field)
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(textOf(message.content, `${field}.content`))
        break
      case 'user':
        messages.push(userMessage(message.content, `${field}.content`))
        break
      case 'assistant':
        messages.push(assistantMessage(message, field))
        break
      case 'tool':
        messages.push({
          role: 'tool',
          toolCallId: textAt(message.tool_call_id, `${field}.tool_call_id`),
          content: textOf(message.content, `${field}.content`),
        })
        break
      default:
        throw wrong(`${field}.role`, 'must be "system", "developer", "user", "assistant" or "tool"')
    }
  })
  if (messages.length === 0) throw wrong('messages', 'must hold a message of the user')
  return { messages, ...(system.length === 0 ? {} : { systemPrompt: system.join('\n\n') }) }
}

function userMessage(content: unknown, field: string): ProviderMessage {
  if (typeof content === 'string') return { role: 'user', content: content.toWellFormed() }
  const parts = partsAt(content, field).map((part, i) =>
    partOf(objectAt(part, `${field}[${i}]`), `${field}[${i}]`),
  )
  if (parts.length === 0) throw wrong(field, 'must not be empty')
  return { role: 'user', content: parts.map(wordsOf).join(''), parts }
}

function partOf(part: Fields, field: string): MessagePart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: textAt(part.text, `${field}.text`) }
    case 'image_url': {
      const image = objectAt(part.image_url, `${field}.image_url`)
      return imageOfUrl(textAt(image.url, `${field}.image_url.url`), `${field}.image_url.url`)
    }
    default:
      throw wrong(`${field}.type`, 'must be "text" or "image_url": nothing else can be handed on')
  }
}

function wordsOf(part: MessagePart): string {
  return part.type === 'text' ? part.text : ''
}

function assistantMessage(message: Fields, field: string): AssistantMessage {
  const calls =
    message.tool_calls === undefined || message.tool_calls === null
      ? []
      : listAt(message.tool_calls, `${field}.tool_calls`)
  const content =
    message.content === null || message.content === undefined
      ? (optionalText(message.refusal, `${field}.refusal`) ?? '')
      : textOf(message.content, `${field}.content`)
  const toolCalls = calls.map((call, i) =>
    callOf(objectAt(call, `${field}.tool_calls[${i}]`), `${field}.tool_calls[${i}]`),
  )
  const extra = thoughtsOf(message)
  return {
    role: 'assistant',
    content,
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function callOf(call: Fields, field: string): ToolCall {
  const { id, type: _, function: called, ...extra } = call
  const { name, arguments: given } = objectAt(called, `${field}.function`)
  return {
    id: textAt(id, `${field}.id`),
    name: textAt(name, `${field}.function.name`),
    arguments: textAt(given, `${field}.function.arguments`),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

// Text as such, or in parts.
function textOf(content: unknown, field: string): string {
  if (typeof content === 'string') return content.toWellFormed()
  return partsAt(content, field)
    .map((part, i) => {
      const { type, text, refusal } = objectAt(part, `${field}[${i}]`)
      return textAt(type === 'refusal' ? refusal : text, `${field}[${i}].text`)
    })
    .join('')
}

function toolsOf(fields: Fields): Pick<ProviderTurn, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  if (fields.tools === undefined || fields.tools === null) return {}
  const rows = listAt(fields.tools, 'tools')
  if (rows.length === 0) return {}
  const tools = rows.map((row, i): Tool => {
    const tool = objectAt(row, `tools[${i}]`)
    if (tool.type !== 'function') throw wrong(`tools[${i}].type`, 'must be "function"')
    const called = objectAt(tool.function, `tools[${i}].function`)
    const description = optionalText(called.description, `tools[${i}].function.description`)
    const strict = optionalBoolean(called.strict, `tools[${i}].function.strict`)
    return {
      name: textAt(called.name, `tools[${i}].function.name`),
      parameters:
        called.parameters === undefined || called.parameters === null
          ? { type: 'object', properties: {} }
          : objectAt(called.parameters, `tools[${i}].function.parameters`),
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
    }
  })
  const choice = choiceOf(fields.tool_choice)
  const parallelToolCalls = optionalBoolean(fields.parallel_tool_calls, 'parallel_tool_calls')
  return {
    tools,
    ...(choice === undefined ? {} : { toolChoice: choice }),
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
  }
}

function choiceOf(choice: unknown): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  const { function: called } = objectAt(choice, 'tool_choice')
  return { name: textAt(objectAt(called, 'tool_choice.function').name, 'tool_choice.function.name') }
}

function formatOf(format: unknown): { readonly schema?: ResponseFormat; readonly rest: Fields } {
  if (format === undefined || format === null) return { rest: {} }
  const fields = objectAt(format, 'response_format')
  // Older than schemas, and known to this dialect alone.
  if (fields.type !== 'json_schema') return { rest: { response_format: fields } }
  const asked = objectAt(fields.json_schema, 'response_format.json_schema')
  return {
    schema: {
      type: 'json_schema',
      name: optionalText(asked.name, 'response_format.json_schema.name') ?? 'answer',
      schema: objectAt(asked.schema, 'response_format.json_schema.schema'),
    },
    rest: {},
  }
}
