import type { ModelInfo, ModelProvider, ProviderTurn } from '../../domain/models/provider.ts'
import { ask, type Dialect, type Question } from '../ask.ts'
import { createClient } from '../client.ts'
import { keysOf, secretsOf } from '../credentials.ts'
import type { ForeignError } from '../foreign-error.ts'
import { FormatMemory } from '../format-memory.ts'
import { KeyRing } from '../key-ring.ts'
import { configuredModels, limitsOf, modelInfoOf } from '../known-models.ts'
import { getModelList } from '../model-list.ts'
import { countOf, isRecord, type JsonRecord, textOf } from '../record.ts'
import type { ProviderSettings } from '../settings.ts'
import { answerTool } from './blocks.ts'
import {
  anthropicHeaders,
  anthropicRoot,
  defaultMaxTokens,
  refusesTemperature,
  takesOutputConfig,
} from './config.ts'
import { constrainedSchema } from './constrained-schema.ts'
import { type FormatMeans, type MessagesRequest, messagesRequest } from './question.ts'
import { createMessageReader, readMessage } from './wire.ts'

const modelPagesMax = 20

/** Makes a provider that speaks Anthropic's Messages API. */
export function createAnthropicProvider(settings: ProviderSettings): ModelProvider {
  const { name } = settings
  const client = createClient(name, anthropicRoot(settings))
  const configured = configuredModels(settings.models)
  const memory = new FormatMemory<FormatMeans>()
  let offered: readonly ModelInfo[] = configured ?? []

  const maxTokensOf = (model: string): number =>
    offered.find((info) => info.id === model)?.maxOutputTokens ??
    limitsOf(model)?.maxOutputTokens ??
    defaultMaxTokens

  const dialect: Dialect<MessagesRequest> = {
    name,
    secrets: secretsOf(settings),
    client,
    path: '/v1/messages',
    keys: new KeyRing(keysOf(settings), (key) => anthropicHeaders(settings, key)),
    question: (turn) => {
      const means = memory.recall(turn) ?? meansOf(turn)
      const body = messagesRequest(turn, maxTokensOf(turn.model), name, means)
      const question = { body, warnings: [] }
      return refusesTemperature(turn.model) ? withoutTemperature(question) : question
    },
    rephrase: (question, refusal, turn) => {
      if (question.body.temperature !== undefined && isAbout(refusal, /\btemperature\b/i))
        return withoutTemperature(question)
      return turn.responseFormat === undefined ? undefined : otherwise(question, refusal, turn, name)
    },
    // One that is taken as it was asked first has nothing to be remembered.
    taken: ({ body }, turn) => {
      if (turn.responseFormat !== undefined && body.output_config === undefined)
        memory.learn(turn, { type: isByTool(body) ? 'tool' : 'words' })
    },
    readPlain: (json, turn) => readMessage(dialect, json, turn),
    createReader: (turn) => createMessageReader(dialect, turn),
  }

  return {
    name,
    models: async (signal) => {
      if (configured !== undefined) return configured
      offered = await listModels(dialect, signal)
      return offered
    },
    stream: (turn, signal) => ask(dialect, turn, signal),
    close: () => client.close(),
  }
}

function withoutTemperature(question: Question<MessagesRequest>): Question<MessagesRequest> {
  const { temperature, ...body } = question.body
  return temperature === undefined
    ? question
    : { body, warnings: [...question.warnings, 'temperature_ignored'] }
}

function isAbout(refusal: ForeignError, words: RegExp): boolean {
  return words.test(refusal.message ?? '')
}

function meansOf({ model, responseFormat }: ProviderTurn): FormatMeans | undefined {
  if (responseFormat === undefined) return undefined
  const schema = takesOutputConfig(model) ? constrainedSchema(responseFormat.schema) : undefined
  return schema === undefined ? meansWithout(responseFormat.schema) : { type: 'output_config', schema }
}

// The input of a tool is an object, and the API takes no alternatives of objects there.
function meansWithout({ type, anyOf, oneOf, allOf }: JsonRecord): FormatMeans {
  const isPlainObject = type === 'object' && (anyOf ?? oneOf ?? allOf) === undefined
  return { type: isPlainObject ? 'tool' : 'words' }
}

// Models before Claude 4.5 and compatible servers have no `output_config`; models that always think can be made to call no tool.
function otherwise(
  question: Question<MessagesRequest>,
  refusal: ForeignError,
  turn: ProviderTurn,
  name: string,
): Question<MessagesRequest> | undefined {
  const { body } = question
  const means = nextMeans(body, refusal, turn)
  if (means === undefined) return undefined
  const { temperature, ...rest } = messagesRequest(turn, body.max_tokens, name, means)
  const keepsTemperature = body.temperature !== undefined && temperature !== undefined
  return { ...question, body: { ...rest, ...(keepsTemperature ? { temperature } : {}) } }
}

function isByTool({ tools }: MessagesRequest): boolean {
  return tools?.some((tool) => tool.name === answerTool) ?? false
}

function nextMeans(
  body: MessagesRequest,
  refusal: ForeignError,
  { responseFormat }: ProviderTurn,
): FormatMeans | undefined {
  if (body.output_config !== undefined)
    return responseFormat !== undefined &&
      isAbout(refusal, /output.?(?:config|format)|schema|structured|grammar/i)
      ? meansWithout(responseFormat.schema)
      : undefined
  return isByTool(body) && isAbout(refusal, /tool|thinking|schema/i) ? { type: 'words' } : undefined
}

/** All pages of `GET /v1/models`, newest first as the API lists them, without the retired ones. */
async function listModels(
  dialect: Dialect<MessagesRequest>,
  signal: AbortSignal,
): Promise<readonly ModelInfo[]> {
  const found: ModelInfo[] = []
  let after: string | undefined
  for (let pages = 0; pages < modelPagesMax; pages++) {
    const query = { limit: '1000', ...(after === undefined ? {} : { after_id: after }) }
    const list = await getModelList(dialect, { path: '/v1/models', query }, signal)
    for (const model of list.rows) {
      const id = textOf(model, 'id')
      if (id === undefined || model.lifecycle === 'retired') continue
      const contextWindow = countOf(model, 'max_input_tokens')
      found.push(
        modelInfoOf({
          id,
          name: textOf(model, 'display_name'),
          contextWindow,
          maxOutputTokens: countOf(model, 'max_tokens'),
          ...imagesOf(model),
        }),
      )
    }
    after = textOf(list.page, 'last_id')
    if (list.page.has_more !== true || after === undefined) break
  }
  return found
}

function imagesOf({ capabilities }: JsonRecord): { readonly images?: boolean } {
  const input = isRecord(capabilities) ? capabilities.image_input : undefined
  return isRecord(input) && typeof input.supported === 'boolean' ? { images: input.supported } : {}
}
