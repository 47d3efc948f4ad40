import type { ModelInfo, ModelProvider } from '../../domain/models/provider.ts'
import { ask, type Dialect, type Question } from '../ask.ts'
import { createClient } from '../client.ts'
import { secretsOf } from '../credentials.ts'
import type { ForeignError } from '../foreign-error.ts'
import { configuredModels, limitsOf, modelInfoOf } from '../known-models.ts'
import { getModelList } from '../model-list.ts'
import { countOf, textOf } from '../record.ts'
import type { ProviderSettings } from '../settings.ts'
import { anthropicHeaders, anthropicRoot, defaultMaxTokens, refusesTemperature } from './config.ts'
import { createMessageReader, type MessagesRequest, messagesRequest, readMessage } from './wire.ts'

const modelPagesMax = 20

/** Makes a provider that speaks Anthropic's Messages API. */
export function createAnthropicProvider(settings: ProviderSettings): ModelProvider {
  const { name } = settings
  const client = createClient(name, anthropicRoot(settings))
  const configured = configuredModels(settings.models)
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
    headers: anthropicHeaders(settings),
    question: (turn) => {
      const question = { body: messagesRequest(turn, maxTokensOf(turn.model), name), warnings: [] }
      return refusesTemperature(turn.model) ? withoutTemperature(question) : question
    },
    rephrase: (question, refusal) =>
      question.body.temperature !== undefined && isAboutTemperature(refusal)
        ? withoutTemperature(question)
        : undefined,
    readPlain: (json) => readMessage(dialect, json),
    createReader: () => createMessageReader(dialect),
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

function isAboutTemperature(refusal: ForeignError): boolean {
  return /\btemperature\b/i.test(refusal.message ?? '')
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
        }),
      )
    }
    after = textOf(list.page, 'last_id')
    if (list.page.has_more !== true || after === undefined) break
  }
  return found
}
