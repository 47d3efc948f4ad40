import type { OpenAiModel } from './openai-server.ts'
import { type Fields, fieldsOf, type Reply } from './provider-server.ts'

type Refuse = (status: number, message: string, code?: string | null, param?: string | null) => Reply

/** What the real API says of tools, the form of an answer and the order of messages; undefined where all is well. */
export function checkOpenAiAsks(body: Fields, model: OpenAiModel, refuse: Refuse): Reply | undefined {
  return (
    checkTools(body, model, refuse) ?? checkFormat(body, model, refuse) ?? checkOrder(body, model, refuse)
  )
}

function checkTools(body: Fields, model: OpenAiModel, refuse: Refuse): Reply | undefined {
  const { tools } = body
  if (tools === undefined) {
    const lonely = ['tool_choice', 'parallel_tool_calls'].find((field) => body[field] !== undefined)
    if (lonely === undefined) return undefined
    const message = `Invalid value for '${lonely}': '${lonely}' is only allowed when 'tools' are specified.`
    return refuse(400, message, null, lonely)
  }
  if (model.withoutTools) return refuse(400, `${model.id} does not support tools`)
  if (!Array.isArray(tools) || tools.length === 0)
    return refuse(
      400,
      "Invalid 'tools': empty array. Expected an array with minimum length 1.",
      'empty_array',
      'tools',
    )
  const names: unknown[] = []
  for (const [i, tool] of tools.entries()) {
    const { type, function: described } = fieldsOf(tool)
    const { name, parameters } = fieldsOf(described)
    if (type !== 'function')
      return refuse(400, `Invalid value: '${type}'.`, 'invalid_value', `tools[${i}].type`)
    if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))
      return refuse(
        400,
        `Invalid 'tools[${i}].function.name': string does not match pattern.`,
        'invalid_value',
      )
    if (parameters !== undefined && fieldsOf(parameters).type !== 'object') {
      const said = JSON.stringify(fieldsOf(parameters).type ?? 'None')
      return refuse(
        400,
        `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${said}'.`,
        'invalid_function_parameters',
        `tools[${i}].function.parameters`,
      )
    }
    names.push(name)
  }
  const { tool_choice: choice } = body
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required')
    return undefined
  const wanted = fieldsOf(fieldsOf(choice).function).name
  if (names.includes(wanted)) return undefined
  return refuse(400, `Tool choice 'function: ${wanted}' not found in 'tools' parameter.`, null, 'tool_choice')
}

function checkFormat(body: Fields, model: OpenAiModel, refuse: Refuse): Reply | undefined {
  const { response_format: format } = body
  if (format === undefined) return undefined
  const { type, json_schema: described } = fieldsOf(format)
  if (type === 'text' || type === 'json_object') return undefined
  if (type !== 'json_schema')
    return refuse(
      400,
      `Invalid value: '${type}'. Supported values are: 'json_object', 'json_schema', and 'text'.`,
      'invalid_value',
      'response_format.type',
    )
  if (model.withoutSchemas)
    return refuse(
      400,
      "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more about supported models at the Structured Outputs guide.",
      null,
      'response_format',
    )
  const { name, schema, strict } = fieldsOf(described)
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))
    return refuse(
      400,
      "Missing required parameter: 'response_format.json_schema.name'.",
      'missing_required_parameter',
      'response_format.json_schema.name',
    )
  if (fieldsOf(schema).type !== 'object')
    return refuse(
      400,
      `Invalid schema for response_format '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${fieldsOf(schema).type ?? 'None'}"'.`,
      null,
      'response_format',
    )
  const wrong = strict === true ? strictProblem(schema, '()') : undefined
  if (wrong === undefined) return undefined
  return refuse(400, `Invalid schema for response_format '${name}': ${wrong}`, null, 'response_format')
}

const unknownToStrict =
  'allOf not dependentRequired dependentSchemas if then else patternProperties propertyNames unevaluatedProperties unevaluatedItems contains minContains maxContains uniqueItems minProperties maxProperties prefixItems oneOf default'.split(
    ' ',
  )

function strictProblem(schema: unknown, context: string): string | undefined {
  const fields = fieldsOf(schema)
  const bad = unknownToStrict.find((keyword) => fields[keyword] !== undefined)
  if (bad !== undefined) return `In context=${context}, '${bad}' is not permitted.`
  const properties = fieldsOf(fields.properties)
  const names = Object.keys(properties)
  if (fields.type === 'object' || names.length > 0) {
    if (fields.additionalProperties !== false)
      return `In context=${context}, 'additionalProperties' is required to be supplied and to be false.`
    const required: readonly unknown[] = Array.isArray(fields.required) ? fields.required : []
    const missing = names.find((name) => !required.includes(name))
    if (missing !== undefined)
      return `In context=${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
  }
  const inner = [
    ...Object.values(properties),
    fields.items,
    ...Object.values(fieldsOf(fields.anyOf)),
    ...Object.values(fieldsOf(fields.$defs)),
  ]
  return inner
    .filter((one) => one !== undefined)
    .map((one) => strictProblem(one, `${context}.`))
    .find(Boolean)
}

function checkOrder({ messages }: Fields, model: OpenAiModel, refuse: Refuse): Reply | undefined {
  if (!Array.isArray(messages)) return undefined
  let open: unknown[] = []
  for (const [i, message] of messages.entries()) {
    const { role, content, tool_calls: calls, tool_call_id: id } = fieldsOf(message)
    if (role === 'tool') {
      if (!open.includes(id))
        return refuse(
          400,
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          null,
          `messages.[${i}].role`,
        )
      open = open.filter((one) => one !== id)
      continue
    }
    if (open.length > 0)
      return refuse(
        400,
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`,
        null,
        `messages.[${i}].role`,
      )
    if (Array.isArray(calls)) open = calls.map((call) => fieldsOf(call).id)
    const parts: readonly unknown[] = Array.isArray(content) ? content : []
    for (const part of parts) {
      const wrong = partProblem(part, role, model)
      if (wrong !== undefined) return refuse(400, wrong, null, `messages.[${i}].content`)
    }
  }
  return open.length === 0
    ? undefined
    : refuse(
        400,
        `An assistant message with 'tool_calls' must be followed by tool messages. The following tool_call_ids did not have response messages: ${open.join(', ')}`,
        null,
        'messages',
      )
}

function partProblem(part: unknown, role: unknown, model: OpenAiModel): string | undefined {
  const { type, text, image_url: image } = fieldsOf(part)
  if (type === 'text') return typeof text === 'string' ? undefined : "Missing required parameter: 'text'."
  if (type !== 'image_url' || role !== 'user') return `Invalid value: '${type}'.`
  if (model.withoutImages) return 'Invalid content type. image_url is only supported by certain models.'
  const url = String(fieldsOf(image).url)
  return /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$|^https?:\/\//.test(url)
    ? undefined
    : 'You uploaded an unsupported image. Please make sure your image has of one the following formats.'
}
