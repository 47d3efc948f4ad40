import type { ModelInfo, ModelProvider } from '../../domain/models/provider.ts'
import { ask, type Dialect, type Question } from '../ask.ts'
import { createClient } from '../client.ts'
import { secretsOf } from '../credentials.ts'
import type { ForeignError } from '../foreign-error.ts'
import { configuredModels, modelInfoOf } from '../known-models.ts'
import { getModelList } from '../model-list.ts'
import { countOf, isRecord, type JsonRecord, textOf } from '../record.ts'
import type { ProviderSettings } from '../settings.ts'
import { isChatModel, maxTokensFieldOf, openAiHeaders, refusesTemperature } from './config.ts'
import { type CompletionRequest, completionRequest, createCompletionReader, readCompletion } from './wire.ts'

/** Makes a provider that speaks OpenAI's Chat Completions API, to OpenAI itself or to any server that is compatible with it. */
export function createOpenAiProvider(settings: ProviderSettings): ModelProvider {
  const { name } = settings
  const client = createClient(name, settings.baseUrl)
  const configured = configuredModels(settings.models)
  const maxTokensField = maxTokensFieldOf(settings)

  const dialect: Dialect<CompletionRequest> = {
    name,
    secrets: secretsOf(settings),
    client,
    path: '/chat/completions',
    headers: openAiHeaders(settings),
    question: (turn) => {
      const question = { body: completionRequest(turn, maxTokensField), warnings: [] }
      return refusesTemperature(turn.model) ? withoutTemperature(question) : question
    },
    rephrase,
    readPlain: (json) => readCompletion(dialect, json),
    createReader: () => createCompletionReader(dialect),
  }

  return {
    name,
    models: async (signal) => {
      if (configured !== undefined) return configured
      const { rows } = await getModelList(dialect, { path: '/models' }, signal)
      // OpenAI lists its models in no order; the newest is what a stranger means. Sorting keeps the order where nothing tells an age.
      const newestFirst = rows.toSorted((a, b) => (countOf(b, 'created') ?? 0) - (countOf(a, 'created') ?? 0))
      const models = newestFirst.map(modelOf).filter((model) => model !== undefined)
      return models.filter((model) => isChatModel(settings, model.id))
    },
    stream: (turn, signal) => ask(dialect, turn, signal),
    close: () => client.close(),
  }
}

// Compatible servers differ in what they refuse: each such field is left out, or written the other way, once.
function rephrase(
  question: Question<CompletionRequest>,
  refusal: ForeignError,
): Question<CompletionRequest> | undefined {
  const about = `${refusal.param} ${refusal.message}`
  const { body } = question
  if (body.temperature !== undefined && /\btemperature\b/i.test(about)) return withoutTemperature(question)
  if (body.stream_options !== undefined && /stream_options|include_usage/i.test(about)) {
    const { stream_options: _, ...rest } = body
    return { ...question, body: rest }
  }
  if (body.max_tokens !== undefined && /max_completion_tokens/i.test(about)) {
    const { max_tokens, ...rest } = body
    return { ...question, body: { ...rest, max_completion_tokens: max_tokens } }
  }
  return undefined
}

function withoutTemperature(question: Question<CompletionRequest>): Question<CompletionRequest> {
  const { temperature, ...body } = question.body
  return temperature === undefined
    ? question
    : { body, warnings: [...question.warnings, 'temperature_ignored'] }
}

// Limits stand under other names at OpenRouter, vLLM, Groq and Mistral; OpenAI, Google and Ollama tell none.
function modelOf(row: JsonRecord): ModelInfo | undefined {
  // Google writes `models/` before its ids and takes them without.
  const id = textOf(row, 'id')?.replace(/^models\//, '')
  if (id === undefined) return undefined
  const top = isRecord(row.top_provider) ? row.top_provider : {}
  return modelInfoOf({
    id,
    name: textOf(row, 'name') ?? textOf(row, 'display_name'),
    contextWindow:
      countOf(row, 'context_length') ??
      countOf(row, 'max_model_len') ??
      countOf(row, 'context_window') ??
      countOf(row, 'max_context_length'),
    maxOutputTokens: countOf(top, 'max_completion_tokens') ?? countOf(row, 'max_completion_tokens'),
  })
}
