import type { AnthropicModel } from './anthropic-server.ts'
import { type Fields, fieldsOf, type Reply } from './provider-server.ts'

type Invalid = (message: string) => Reply

/** What the real API says of tools, the form of an answer and blocks of content; undefined where all is well. */
export function checkAnthropicAsks(body: Fields, model: AnthropicModel, invalid: Invalid): Reply | undefined {
  return checkTools(body, model, invalid) ?? checkFormat(body, model, invalid) ?? checkBlocks(body, invalid)
}

function checkTools(
  { tools, tool_choice: choice }: Fields,
  model: AnthropicModel,
  invalid: Invalid,
): Reply | undefined {
  if (tools === undefined)
    return choice === undefined
      ? undefined
      : invalid('tool_choice may only be specified while providing tools.')
  if (!Array.isArray(tools)) return invalid('tools: Input should be a valid list')
  const names: unknown[] = []
  for (const [i, tool] of tools.entries()) {
    const { name, input_schema: schema, type, ...rest } = fieldsOf(tool)
    const extra = Object.keys(rest).find(
      (field) => !['description', 'strict', 'cache_control'].includes(field),
    )
    if (extra !== undefined) return invalid(`tools.${i}.custom.${extra}: Extra inputs are not permitted`)
    if (typeof name !== 'string' || !/^[\w-]{1,128}$/.test(name) || (type !== undefined && type !== 'custom'))
      return invalid(`tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    const { type: root, anyOf, oneOf, allOf } = fieldsOf(schema)
    if (root !== 'object') return invalid(`tools.${i}.custom.input_schema.type: Input should be 'object'`)
    if ((anyOf ?? oneOf ?? allOf) !== undefined)
      return invalid(
        `tools.${i}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      )
    names.push(name)
  }
  const { type, name } = fieldsOf(choice)
  if (choice === undefined || type === 'auto' || type === 'none') return undefined
  if (model.alwaysThinks) return invalid('Thinking may not be enabled when tool_choice forces tool use.')
  if (type === 'any') return undefined
  if (type !== 'tool')
    return invalid(
      `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags`,
    )
  return names.includes(name) ? undefined : invalid(`Tool '${name}' not found in provided tools`)
}

function checkFormat(
  { output_config: config }: Fields,
  model: AnthropicModel,
  invalid: Invalid,
): Reply | undefined {
  if (config === undefined) return undefined
  if (model.withoutOutputConfig) return invalid('output_config: Extra inputs are not permitted')
  const { type, schema } = fieldsOf(fieldsOf(config).format)
  if (type !== 'json_schema') return invalid("output_config.format.type: Input should be 'json_schema'")
  const wrong = problemOf(schema)
  return wrong === undefined ? undefined : invalid(`output_config.format.schema: ${wrong}`)
}

const bounds: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: ['maxItems', 'uniqueItems', 'contains', 'prefixItems'],
  object: ['patternProperties', 'propertyNames', 'minProperties', 'maxProperties'],
}

function problemOf(schema: unknown): string | undefined {
  const fields = fieldsOf(schema)
  const type = String(fields.type)
  const bad = (bounds[type] ?? []).filter((keyword) => fields[keyword] !== undefined)
  if (bad.length > 0) return `For '${type}' type, properties ${bad.join(', ')} are not supported`
  if (type === 'array' && ![undefined, 0, 1].some((count) => count === fields.minItems))
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
  if (type === 'object' && fields.additionalProperties !== false)
    return "For 'object' type, 'additionalProperties' must be explicitly set to false"
  const other = ['oneOf', 'not', 'if', 'default'].find((keyword) => fields[keyword] !== undefined)
  if (other !== undefined) return `Schema type '${other}' is not supported`
  const inner = [
    fields.items,
    ...Object.values(fieldsOf(fields.properties)),
    ...Object.values(fieldsOf(fields.anyOf)),
    ...Object.values(fieldsOf(fields.$defs)),
  ]
  return inner
    .filter((one) => one !== undefined)
    .map(problemOf)
    .find(Boolean)
}

function checkBlocks({ messages, tools }: Fields, invalid: Invalid): Reply | undefined {
  if (!Array.isArray(messages)) return undefined
  let open: unknown[] = []
  for (const [i, message] of messages.entries()) {
    const blocks = blocksOf(message)
    const results = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => id)
    const stray = results.find((id) => !open.includes(id))
    if (stray !== undefined)
      return invalid(
        `messages.${i}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
    const missing = open.filter((id) => !results.includes(id))
    if (missing.length > 0)
      return invalid(
        `messages.${i - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}.`,
      )
    open = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
    if ((open.length > 0 || results.length > 0) && tools === undefined)
      return invalid('Requests which include `tool_use` or `tool_result` blocks must define tools')
    for (const [j, block] of blocks.entries()) {
      const wrong = blockProblem(block)
      if (wrong !== undefined) return invalid(`messages.${i}.content.${j}.${wrong}`)
    }
  }
  return undefined
}

function blocksOf(message: unknown): readonly Fields[] {
  const { content } = fieldsOf(message)
  return Array.isArray(content) ? content.map(fieldsOf) : []
}

function blockProblem({ type, text, source, input, thinking, signature }: Fields): string | undefined {
  switch (type) {
    case 'text':
      return typeof text === 'string' && text.trim() !== ''
        ? undefined
        : 'text: text content blocks must contain non-whitespace text'
    case 'image': {
      const { type: kind, media_type: media, data, url } = fieldsOf(source)
      if (kind === 'url') return typeof url === 'string' ? undefined : 'source.url: Field required'
      if (!['image/jpeg', 'image/png', 'image/gif', 'image/webp'].some((one) => one === media))
        return "image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
      return typeof data === 'string' && data !== '' ? undefined : 'image.source.base64.data: Field required'
    }
    case 'tool_use':
      return typeof input === 'object' && input !== null && !Array.isArray(input)
        ? undefined
        : 'tool_use.input: Input should be a valid dictionary'
    case 'thinking':
      return typeof thinking === 'string' && signature !== ''
        ? undefined
        : 'thinking.signature: Field required'
    case 'tool_result':
    case 'redacted_thinking':
      return undefined
    default:
      return `type: Input tag '${type}' does not match any of the expected tags`
  }
}
