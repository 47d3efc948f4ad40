import type { ModelInfo } from '@anthropic-ai/sdk/resources'
import type { AnthropicModel } from './anthropic-server.ts'
import { checkAnthropicAsks } from './provider-anthropic-tools.ts'
import { type Fields, fieldsOf, type RecordedRequest, type Reply } from './provider-server.ts'

const taken = new Set(
  'model messages max_tokens metadata stop_sequences stream system temperature thinking tool_choice tools top_k top_p service_tier output_config cache_control container inference_geo'.split(
    ' ',
  ),
)
const versions: readonly unknown[] = ['2023-06-01', '2026-10-21']

/** What the real API answers to a request that is not a correct question: a list of models or a refusal. */
export function checkAnthropicRequest(
  request: RecordedRequest,
  apiKey: string,
  models: readonly AnthropicModel[],
): Reply | undefined {
  const { headers, method } = request
  const url = new URL(request.path, 'http://localhost')
  const key = headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /, '')
  if (key === undefined) return refuse(401, 'authentication_error', 'x-api-key header is required')
  if (key !== apiKey) return refuse(401, 'authentication_error', 'invalid x-api-key')
  const version = headers['anthropic-version']
  if (version === undefined) return invalid('anthropic-version: header is required')
  if (!versions.includes(version))
    return invalid(`anthropic-version: ${JSON.stringify(version)} is not a valid version`)
  if (url.pathname === '/v1/models') return method === 'GET' ? listModels(url, models) : notAllowed()
  if (url.pathname !== '/v1/messages') return refuse(404, 'not_found_error', 'Not found')
  if (method !== 'POST') return notAllowed()
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    return invalid('Content-Type must be application/json')
  if (request.body === undefined) return invalid('The request body is not valid JSON')
  return checkBody(fieldsOf(request.body), models, version === '2026-10-21')
}

function checkBody(body: Fields, models: readonly AnthropicModel[], isNewest: boolean): Reply | undefined {
  const unknown = Object.keys(body).find((field) => !taken.has(field))
  if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`)
  for (const field of ['model', 'max_tokens', 'messages']) {
    if (body[field] === undefined) return invalid(`${field}: Field required`)
  }
  const { model: id, max_tokens: maxTokens, messages, temperature, system } = body
  const model = models.find((candidate) => candidate.id === id)
  if (model === undefined) return refuse(404, 'not_found_error', `model: ${id}`)
  if (!Number.isInteger(maxTokens)) return invalid('max_tokens: Input should be a valid integer')
  if (Number(maxTokens) < 1) return invalid('max_tokens: Input should be greater than or equal to 1')
  if (model.maxTokens !== undefined && Number(maxTokens) > model.maxTokens) {
    return invalid(
      `max_tokens: ${maxTokens} > ${model.maxTokens}, which is the maximum allowed number of output tokens for ${id}`,
    )
  }
  if (body.stream !== undefined && typeof body.stream !== 'boolean')
    return invalid('stream: Input should be a valid boolean')
  if (system !== undefined && !isSystem(system))
    return invalid('system: text content blocks must be non-empty')
  if (temperature !== undefined && temperature !== null) {
    if (model.refusesTemperature || isNewest) return invalid('`temperature` is deprecated for this model.')
    if (typeof temperature !== 'number' || temperature < 0 || temperature > 1)
      return invalid('temperature: range: 0..1')
  }
  return checkMessages(messages, model) ?? checkAnthropicAsks(body, model, invalid)
}

function isSystem(system: unknown): boolean {
  if (typeof system === 'string') return system !== ''
  return (
    Array.isArray(system) &&
    system.every((block) => fieldsOf(block).type === 'text' && fieldsOf(block).text !== '')
  )
}

function checkMessages(messages: unknown, model: AnthropicModel): Reply | undefined {
  if (!Array.isArray(messages)) return invalid('messages: Input should be a valid list')
  if (messages.length === 0) return invalid('messages: at least one message is required')
  let characters = 0
  for (const [i, message] of messages.entries()) {
    const { role, content } = fieldsOf(message)
    if (role !== 'user' && role !== 'assistant') {
      return invalid(
        `messages: Unexpected role ${JSON.stringify(role)}. Allowed roles are "user" or "assistant".`,
      )
    }
    if (i === 0 && role !== 'user') return invalid('messages: first message must use the "user" role')
    if (typeof content !== 'string' && !Array.isArray(content))
      return invalid(`messages.${i}.content: Field required`)
    if (content.length === 0) {
      return invalid(
        `messages.${i}: all messages must have non-empty content except for the optional final assistant message`,
      )
    }
    if (typeof content === 'string' && content.trim() === '')
      return invalid('messages: text content blocks must contain non-whitespace text')
    characters += JSON.stringify(content).length
  }
  const tokens = Math.ceil(characters / 4)
  const { contextWindow = tokens } = model
  return tokens > contextWindow
    ? invalid(`prompt is too long: ${tokens} tokens > ${contextWindow} maximum`)
    : undefined
}

function listModels(url: URL, models: readonly AnthropicModel[]): Reply {
  const limit = Number(url.searchParams.get('limit') ?? 20)
  if (!(limit >= 1 && limit <= 1000)) return invalid('limit: Input should be between 1 and 1000')
  const after = url.searchParams.get('after_id')
  const start = after === null ? 0 : models.findIndex((model) => model.id === after) + 1
  const page = models.slice(start, start + limit)
  const data = page.map(
    (model) =>
      ({
        id: model.id,
        type: 'model',
        display_name: model.id.replaceAll('-', ' '),
        created_at: '2026-01-01T00:00:00Z',
        max_input_tokens: model.contextWindow ?? null,
        max_tokens: model.maxTokens ?? null,
        lifecycle: 'active',
      }) satisfies Partial<ModelInfo>,
  )
  const hasMore = start + limit < models.length
  return {
    status: 200,
    body: { data, has_more: hasMore, first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null },
  }
}

function refuse(status: number, type: string, message: string): Reply {
  return {
    status,
    body: { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' },
  }
}

function invalid(message: string): Reply {
  return refuse(400, 'invalid_request_error', message)
}

function notAllowed(): Reply {
  return refuse(405, 'invalid_request_error', 'Method Not Allowed')
}
