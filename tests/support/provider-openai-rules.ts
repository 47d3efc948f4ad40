import type { Model } from 'openai/resources/models'
import type { OpenAiModel, OpenAiServerOptions } from './openai-server.ts'
import { checkOpenAiAsks } from './provider-openai-tools.ts'
import { type Fields, fieldsOf, type RecordedRequest, type Reply } from './provider-server.ts'

/** The options with their defaults. */
export type Settings = Required<OpenAiServerOptions>

const taken = new Set(
  'model messages max_tokens max_completion_tokens temperature top_p n stream stream_options stop presence_penalty frequency_penalty logit_bias logprobs top_logprobs user seed tools tool_choice parallel_tool_calls response_format reasoning_effort metadata store modalities audio prediction service_tier verbosity safety_identifier prompt_cache_key'.split(
    ' ',
  ),
)
const roles: readonly unknown[] = ['system', 'assistant', 'user', 'function', 'tool', 'developer']

/** What the real API answers to a request that is not a correct question: a list of models or a refusal. */
export function checkOpenAiRequest(request: RecordedRequest, settings: Settings): Reply | undefined {
  const { headers, method } = request
  const path = new URL(request.path, 'http://localhost').pathname
  if (path === '/api/version' && settings.apiKey === null) return { status: 200, body: { version: '0.12.3' } }
  if (settings.apiKey !== null) {
    const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (key === undefined)
      return refuse(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
      )
    if (key !== settings.apiKey) {
      return refuse(
        401,
        `Incorrect API key provided: ${key}. You can find your API key at https://platform.openai.com/account/api-keys.`,
        'invalid_api_key',
      )
    }
  }
  if (path === '/v1/models') return method === 'GET' ? listModels(settings) : notAllowed(request)
  if (path !== '/v1/chat/completions') return refuse(404, `Invalid URL (${method} ${path})`)
  if (method !== 'POST') return notAllowed(request)
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    return refuse(400, 'Unsupported content type. This API method only accepts application/json requests.')
  }
  if (request.body === undefined) return refuse(400, 'We could not parse the JSON body of your request.')
  return checkBody(fieldsOf(request.body), settings)
}

function checkBody(body: Fields, settings: Settings): Reply | undefined {
  const unknown = Object.keys(body).find((field) => !taken.has(field))
  if (unknown !== undefined) return refuse(400, `Unrecognized request argument supplied: ${unknown}`)
  const { model: id, messages, temperature, stream } = body
  if (typeof id !== 'string' || id === '') return refuse(400, 'you must provide a model parameter')
  const model = settings.models.find((candidate) => candidate.id === id)
  if (model === undefined) {
    return refuse(
      404,
      `The model \`${id}\` does not exist or you do not have access to it.`,
      'model_not_found',
    )
  }
  if (stream !== undefined && typeof stream !== 'boolean')
    return refuse(400, "Invalid type for 'stream': expected a boolean.", 'invalid_type', 'stream')
  if (body.stream_options !== undefined) {
    if (settings.refusesStreamOptions)
      return refuse(400, 'Unrecognized request argument supplied: stream_options')
    if (stream !== true)
      return refuse(
        400,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        null,
        'stream_options',
      )
  }
  const limit = checkLimit(body, model)
  if (limit !== undefined) return limit
  if (temperature !== undefined && temperature !== null) {
    if (typeof temperature !== 'number')
      return refuse(400, "Invalid type for 'temperature': expected a decimal.", 'invalid_type', 'temperature')
    if (temperature > 2) {
      return refuse(
        400,
        `Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got ${temperature} instead.`,
        'decimal_above_max_value',
        'temperature',
      )
    }
    if (model.isReasoning && temperature !== 1) {
      return refuse(
        400,
        `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
        'unsupported_value',
        'temperature',
      )
    }
  }
  return checkMessages(messages, model) ?? checkOpenAiAsks(body, model, refuse)
}

function checkLimit(body: Fields, model: OpenAiModel): Reply | undefined {
  const { max_tokens: old, max_completion_tokens: current } = body
  if (old !== undefined && current !== undefined) {
    return refuse(
      400,
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'invalid_parameter_combination',
      'max_tokens',
    )
  }
  if (old !== undefined && model.isReasoning) {
    return refuse(
      400,
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'unsupported_parameter',
      'max_tokens',
    )
  }
  const field = old === undefined ? 'max_completion_tokens' : 'max_tokens'
  const value = old ?? current
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value))
    return refuse(400, `Invalid type for '${field}': expected an integer.`, 'invalid_type', field)
  if (Number(value) < 1) {
    return refuse(
      400,
      `Invalid '${field}': integer below minimum value. Expected a value >= 1, but got ${value} instead.`,
      'integer_below_min_value',
      field,
    )
  }
  if (model.maxTokens !== undefined && Number(value) > model.maxTokens) {
    return refuse(
      400,
      `${field} is too large: ${value}. This model supports at most ${model.maxTokens} completion tokens, whereas you provided ${value}.`,
      'invalid_value',
      field,
    )
  }
  return undefined
}

function checkMessages(messages: unknown, model: OpenAiModel): Reply | undefined {
  if (!Array.isArray(messages))
    return refuse(400, "Missing required parameter: 'messages'.", 'missing_required_parameter', 'messages')
  if (messages.length === 0) {
    return refuse(
      400,
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
      'messages',
    )
  }
  let characters = 0
  for (const [i, message] of messages.entries()) {
    const { role, content, tool_calls: calls } = fieldsOf(message)
    if (!roles.includes(role)) {
      return refuse(
        400,
        `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
        'invalid_value',
        `messages[${i}].role`,
      )
    }
    const mayBeNull = role === 'assistant' && Array.isArray(calls) && calls.length > 0
    if (typeof content !== 'string' && !Array.isArray(content) && !(mayBeNull && content === null)) {
      return refuse(
        400,
        `Invalid value for 'content': expected a string, got ${content === null ? 'null' : typeof content}.`,
        null,
        `messages.[${i}].content`,
      )
    }
    characters += JSON.stringify(content).length
  }
  const tokens = Math.ceil(characters / 4)
  const { contextWindow = tokens } = model
  if (tokens <= contextWindow) return undefined
  return refuse(
    400,
    `This model's maximum context length is ${contextWindow} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    'context_length_exceeded',
    'messages',
  )
}

function listModels(settings: Settings): Reply {
  const data = settings.models.map(
    ({ id, created = 1_700_000_000 }) =>
      ({ id, object: 'model', created, owned_by: 'system', ...settings.modelFields }) satisfies Model,
  )
  return { status: 200, body: { object: 'list', data } }
}

function refuse(
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null,
): Reply {
  return { status, body: { error: { message, type: 'invalid_request_error', param, code } } }
}

function notAllowed(request: RecordedRequest): Reply {
  return refuse(405, `Not allowed to ${request.method} on ${request.path}.`, 'method_not_supported')
}
