import type { ModelInfo, ModelProvider, ProviderTurn } from '../../domain/models/provider.ts'
import { ask, type Dialect, type Question } from '../ask.ts'
import { createClient } from '../client.ts'
import { keysOf, secretsOf } from '../credentials.ts'
import type { ForeignError } from '../foreign-error.ts'
import { FormatMemory } from '../format-memory.ts'
import { KeyRing } from '../key-ring.ts'
import { configuredModels, modelInfoOf } from '../known-models.ts'
import { getModelList } from '../model-list.ts'
import { countOf, isRecord, type JsonRecord, textOf } from '../record.ts'
import type { ProviderSettings } from '../settings.ts'
import { isChatModel, maxTokensFieldOf, openAiHeaders, refusesTemperature } from './config.ts'
import { type CompletionRequest, completionRequest, type FormatMeans } from './question.ts'
import { allowsStrict } from './strict-schema.ts'
import { createCompletionReader, readCompletion } from './wire.ts'

/** Makes a provider that speaks OpenAI's Chat Completions API, to OpenAI itself or to any server that is compatible with it. */
export function createOpenAiProvider(settings: ProviderSettings): ModelProvider {
  const { name } = settings
  const client = createClient(name, settings.baseUrl)
  const configured = configuredModels(settings.models)
  const maxTokensField = maxTokensFieldOf(settings)
  const memory = new FormatMemory<FormatMeans>()

  const dialect: Dialect<CompletionRequest> = {
    name,
    secrets: secretsOf(settings),
    client,
    path: '/chat/completions',
    keys: new KeyRing(keysOf(settings), (key) => openAiHeaders(settings, key)),
    question: (turn) => {
      const means = memory.recall(turn) ?? meansOf(turn)
      const question = { body: completionRequest(turn, maxTokensField, name, means), warnings: [] }
      return refusesTemperature(turn.model) ? withoutTemperature(question) : question
    },
    rephrase: (question, refusal, turn) => rephrase(question, refusal, turn, name),
    taken: ({ body }, turn) => {
      if (turn.responseFormat !== undefined) memory.learn(turn, meansIn(body))
    },
    readPlain: (json, turn) => readCompletion(dialect, json, turn),
    createReader: (turn) => createCompletionReader(dialect, turn),
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
  turn: ProviderTurn,
  name: string,
): Question<CompletionRequest> | undefined {
  const about = `${refusal.param} ${refusal.message}`
  const { body } = question
  if (turn.responseFormat !== undefined && body.response_format !== undefined && isAboutFormat(about)) {
    return { ...question, body: withoutFormat(body, about, turn, name) }
  }
  if (body.tools !== undefined && turn.toolsAreOptional && /\btools?\b|tool_choice|function/i.test(about)) {
    const { tools: _, tool_choice: __, parallel_tool_calls: ___, ...rest } = body
    return { body: rest, warnings: [...question.warnings, 'tools_ignored'] }
  }
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

// A schema without a root type of object has no place in `response_format`.
function meansOf({ responseFormat }: ProviderTurn): FormatMeans | undefined {
  if (responseFormat === undefined) return undefined
  if (responseFormat.schema.type !== 'object') return 'words'
  return allowsStrict(responseFormat.schema) ? 'strict' : 'schema'
}

function meansIn({ response_format: format }: CompletionRequest): FormatMeans {
  if (format === undefined) return 'words'
  return format.json_schema.strict ? 'strict' : 'schema'
}

// Wordings of OpenAI, Azure, Groq, DeepSeek, vLLM (guided decoding, xgrammar) and llama.cpp.
function isAboutFormat(about: string): boolean {
  return /response.?format|json.?schema|structured.?output|guided|grammar|invalid schema/i.test(about)
}

// What OpenAI's strict mode does not take is asked for loosely; who takes no schema at all is asked in words.
function withoutFormat(
  body: CompletionRequest,
  about: string,
  turn: ProviderTurn,
  name: string,
): CompletionRequest {
  const { response_format: format, ...rest } = body
  if (format?.json_schema.strict === true && /invalid schema/i.test(about)) {
    return { ...rest, response_format: { ...format, json_schema: { ...format.json_schema, strict: false } } }
  }
  return { ...rest, messages: completionRequest(turn, 'max_tokens', name, 'words').messages }
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
    ...abilitiesOf(row),
  })
}

// As OpenRouter and Mistral list them; the others tell none.
function abilitiesOf(row: JsonRecord): { readonly tools?: boolean; readonly images?: boolean } {
  const { architecture, capabilities, supported_parameters: parameters } = row
  const inputs = isRecord(architecture) ? architecture.input_modalities : undefined
  const can = isRecord(capabilities) ? capabilities : {}
  const tools = Array.isArray(parameters) ? parameters.includes('tools') : can.function_calling
  const images = Array.isArray(inputs) ? inputs.includes('image') : can.vision
  return {
    ...(typeof tools === 'boolean' ? { tools } : {}),
    ...(typeof images === 'boolean' ? { images } : {}),
  }
}
