import type { RelayInput } from '../../domain/chat/relay.ts'
import type {
  AssistantMessage,
  MessagePart,
  ProviderMessage,
  ProviderTurn,
  Tool,
  ToolCall,
  ToolChoice,
} from '../../domain/models/provider.ts'
import { anthropicNative } from './anthropic-native.ts'
import {
  type Fields,
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
import { imageOfUrl, imagePart } from './images.ts'

const tokensMax = 10_000_000
const messagesMax = 100_000

const understood: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'temperature',
  'tools',
  'tool_choice',
])

/** Reads the body of `POST /v1/messages`. Throws `invalid_request` naming the field. */
export function anthropicQuestion(body: unknown): RelayInput {
  const fields = objectAt(body, 'The body')
  const model = optionalText(fields.model, 'model')
  const stream = optionalBoolean(fields.stream, 'stream') ?? false
  const maxTokens = optionalNumber(fields.max_tokens, 'max_tokens', {
    minimum: 1,
    maximum: tokensMax,
    whole: true,
  })
  if (maxTokens === undefined) throw wrong('max_tokens', 'is missing')
  const temperature = optionalNumber(fields.temperature, 'temperature', { minimum: 0, maximum: 1 })
  const system = systemOf(fields.system)
  return {
    ...(model === undefined || model === '' ? {} : { model }),
    question: {
      messages: messagesOf(fields.messages),
      stream,
      maxTokens,
      ...(system === '' ? {} : { systemPrompt: system }),
      ...(temperature === undefined ? {} : { temperature }),
      ...toolsOf(fields),
      extra: { anthropic: without(fields, understood), openai: forOpenAi(fields) },
      native: anthropicNative(fields),
    },
  }
}

// The few settings that both dialects have.
function forOpenAi({ top_p: topP, stop_sequences: sequences }: Fields): Fields {
  return {
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
    ...(Array.isArray(sequences) && sequences.length > 0 ? { stop: sequences } : {}),
  }
}

function systemOf(system: unknown): string {
  if (system === undefined || system === null) return ''
  return textOf(system, 'system')
}

function messagesOf(value: unknown): readonly ProviderMessage[] {
  const rows = listAt(value, 'messages')
  if (rows.length === 0 || rows.length > messagesMax)
    throw wrong('messages', `must hold 1 to ${messagesMax} messages`)
  return rows.flatMap((row, i) => {
    const field = `messages[${i}]`
    const { role, content } = objectAt(row, field)
    switch (role) {
      case 'user':
        return userMessages(content, `${field}.content`)
      case 'assistant':
        return [assistantMessage(content, `${field}.content`)]
      default:
        throw wrong(`${field}.role`, 'must be "user" or "assistant"')
    }
  })
}

// Results of tools stand in a message of the user; here each is a message, before what the user says beside them.
function userMessages(content: unknown, field: string): readonly ProviderMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content: content.toWellFormed() }]
  const messages: ProviderMessage[] = []
  const parts: MessagePart[] = []
  partsAt(content, field).forEach((row, i) => {
    const at = `${field}[${i}]`
    const block = objectAt(row, at)
    switch (block.type) {
      case 'text':
        parts.push({ type: 'text', text: textAt(block.text, `${at}.text`) })
        break
      case 'image':
        parts.push(imageOf(objectAt(block.source, `${at}.source`), `${at}.source`))
        break
      case 'tool_result':
        messages.push({
          role: 'tool',
          toolCallId: textAt(block.tool_use_id, `${at}.tool_use_id`),
          content: block.content === undefined ? '' : textOf(block.content, `${at}.content`),
          ...(block.is_error === true ? { isError: true } : {}),
        })
        break
      default:
        throw wrong(`${at}.type`, 'must be "text", "image" or "tool_result": nothing else can be handed on')
    }
  })
  if (parts.length + messages.length === 0) throw wrong(field, 'must not be empty')
  if (parts.length > 0) {
    const words = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    messages.push({ role: 'user', content: words, parts })
  }
  return messages
}

function imageOf(source: Fields, field: string): MessagePart {
  switch (source.type) {
    case 'base64':
      return imagePart(
        textAt(source.media_type, `${field}.media_type`),
        textAt(source.data, `${field}.data`),
        field,
      )
    case 'url':
      return imageOfUrl(textAt(source.url, `${field}.url`), `${field}.url`)
    default:
      throw wrong(`${field}.type`, 'must be "base64" or "url"')
  }
}

function assistantMessage(content: unknown, field: string): AssistantMessage {
  if (typeof content === 'string') return { role: 'assistant', content: content.toWellFormed() }
  let words = ''
  const toolCalls: ToolCall[] = []
  partsAt(content, field).forEach((row, i) => {
    const at = `${field}[${i}]`
    const block = objectAt(row, at)
    switch (block.type) {
      case 'text':
        words += textAt(block.text, `${at}.text`)
        break
      case 'tool_use':
        toolCalls.push({
          id: textAt(block.id, `${at}.id`),
          name: textAt(block.name, `${at}.name`),
          arguments: JSON.stringify(objectAt(block.input, `${at}.input`)),
        })
        break
      // Goes on as it was written, to a provider of this dialect alone.
      case 'thinking':
      case 'redacted_thinking':
        break
      default:
        throw wrong(`${at}.type`, 'must be "text" or "tool_use"')
    }
  })
  return { role: 'assistant', content: words, ...(toolCalls.length === 0 ? {} : { toolCalls }) }
}

function textOf(content: unknown, field: string): string {
  if (typeof content === 'string') return content.toWellFormed()
  return partsAt(content, field)
    .map((row, i) => {
      const block = objectAt(row, `${field}[${i}]`)
      if (block.type !== 'text')
        throw wrong(`${field}[${i}].type`, 'must be "text": nothing else can be handed on')
      return textAt(block.text, `${field}[${i}].text`)
    })
    .join('\n')
}

function toolsOf(fields: Fields): Pick<ProviderTurn, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  if (fields.tools === undefined || fields.tools === null) return {}
  const rows = listAt(fields.tools, 'tools')
  if (rows.length === 0) return {}
  const tools = rows.map((row, i): Tool => {
    const tool = objectAt(row, `tools[${i}]`)
    if (tool.type !== undefined && tool.type !== 'custom') {
      throw wrong(`tools[${i}].type`, 'must be "custom": a provider\'s own tools cannot be handed on')
    }
    const description = optionalText(tool.description, `tools[${i}].description`)
    const strict = optionalBoolean(tool.strict, `tools[${i}].strict`)
    return {
      name: textAt(tool.name, `tools[${i}].name`),
      parameters: objectAt(tool.input_schema, `tools[${i}].input_schema`),
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
    }
  })
  return { tools, ...choiceOf(fields.tool_choice) }
}

function choiceOf(choice: unknown): {
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
} {
  if (choice === undefined || choice === null) return {}
  const { type, name, disable_parallel_tool_use: isSingle } = objectAt(choice, 'tool_choice')
  const parallel = typeof isSingle === 'boolean' ? { parallelToolCalls: !isSingle } : {}
  switch (type) {
    case 'auto':
    case 'none':
      return { toolChoice: type, ...parallel }
    case 'any':
      return { toolChoice: 'required', ...parallel }
    case 'tool':
      return { toolChoice: { name: textAt(name, 'tool_choice.name') }, ...parallel }
    default:
      throw wrong('tool_choice.type', 'must be "auto", "any", "tool" or "none"')
  }
}
