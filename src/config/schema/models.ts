import { Type } from '../../schema/type.ts'

const modelId = { minLength: 1, maxLength: 200 }
const tokens = { minimum: 1, maximum: 100_000_000, unit: 'tokens' }
const price = { minimum: 0, maximum: 1_000_000, unit: 'in `models.currency` per million tokens' }

const ModelSchema = Type.Object({
  id: Type.String({ ...modelId, description: "The provider's own id of the model." }),
  name: Type.Optional(Type.String({ ...modelId, description: 'Name for people. Without one the id.' })),
  contextWindow: Type.Optional(Type.Integer({ ...tokens, description: 'What the model can read at once.' })),
  maxTokens: Type.Optional(Type.Integer({ ...tokens, description: 'The most that one answer may hold.' })),
  cost: Type.Optional(
    Type.Object(
      {
        input: Type.Number({ ...price, description: 'What is read.' }),
        output: Type.Number({ ...price, description: 'What is written.' }),
        cacheRead: Type.Optional(
          Type.Number({ ...price, description: "What is read from the provider's cache." }),
        ),
        cacheWrite: Type.Optional(
          Type.Number({ ...price, description: "What is written to the provider's cache." }),
        ),
      },
      { description: 'Prices. With them replies carry `usage.cost`.' },
    ),
  ),
  tools: Type.Boolean({ default: true, description: 'Whether the model can call tools.' }),
  input: Type.Optional(
    Type.Array(Type.Enum(['text', 'image']), {
      maxItems: 2,
      description:
        'What the model can be shown. Without it what is known of the model; else images are tried.',
    }),
  ),
})

const ProviderSchema = Type.Object({
  api: Type.Enum(['anthropic-messages', 'openai-completions'], {
    description: 'The dialect that the provider speaks. May be left out for the names that are known.',
  }),
  baseUrl: Type.String({
    kind: 'httpUrl',
    description:
      "The provider's root as its SDK takes it, for example `https://api.openai.com/v1`. May be left out for the names that are known.",
  }),
  apiKey: Type.Array(Type.String({ kind: 'headerText', secret: true }), {
    orSingle: true,
    maxItems: 100,
    default: [],
    description: 'Key, or keys to spread the requests over.',
  }),
  models: Type.Array(ModelSchema, {
    maxItems: 1000,
    default: [],
    description: 'Models on offer. An empty list asks the provider for them.',
  }),
  maxTokensField: Type.Optional(
    Type.Enum(['max_tokens', 'max_completion_tokens'], {
      description: 'Field that limits an answer in `openai-completions`. Without it chosen by the address.',
    }),
  ),
  headers: Type.Record(Type.String(), Type.String({ kind: 'headerText', secret: true }), {
    keys: {
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
      expected: 'the name of an HTTP header',
    },
    default: {},
    maxProperties: 100,
    description: 'Headers to send with every request.',
  }),
})

const duration = { maximum: 3_600_000, unit: 'milliseconds' }

/** The section `models`: who answers. */
export const ModelsSchema = Type.Object(
  {
    default: Type.Optional(
      Type.String({
        ...modelId,
        description:
          'Model for requests that name none: a bare id or `provider/id`. Without it the first one found.',
      }),
    ),
    fallbacks: Type.Array(Type.String(modelId), {
      maxItems: 20,
      default: [],
      description: 'Models to ask, in order, when the one asked for fails before its first token.',
    }),
    aliases: Type.Record(Type.String(), Type.String(modelId), {
      default: {},
      maxProperties: 1000,
      description: 'What callers ask for, and the model that is meant.',
    }),
    retries: Type.Integer({
      minimum: 0,
      maximum: 10,
      default: 2,
      description: 'Further tries after a failed connection, 408, 429 or 5xx.',
    }),
    timeouts: Type.Object(
      {
        connectMs: Type.Integer({
          ...duration,
          minimum: 1,
          default: 5000,
          description: 'To connect to the provider.',
        }),
        firstTokenMs: Type.Integer({
          ...duration,
          minimum: 1,
          default: 60_000,
          description: "From the request to a stream's first token.",
        }),
        idleMs: Type.Integer({
          ...duration,
          minimum: 1,
          default: 30_000,
          description: 'Between two chunks of a stream.',
        }),
        totalMs: Type.Integer({
          ...duration,
          minimum: 1,
          default: 110_000,
          description: 'A plain call in all, retries and fallbacks included; a stream until its first token.',
        }),
        streamMs: Type.Integer({
          ...duration,
          minimum: 1,
          default: 600_000,
          description: 'A stream in all.',
        }),
      },
      { default: {} },
    ),
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      expected: 'three capital letters such as "USD" (ISO 4217)',
      default: 'USD',
      description: 'Currency of all prices and budgets.',
    }),
    providers: Type.Record(Type.String(), ProviderSchema, {
      keys: {
        pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
        expected: '1 to 64 lower-case letters, digits, ".", "_" or "-"',
      },
      presets: {
        anthropic: { api: 'anthropic-messages', baseUrl: 'https://api.anthropic.com' },
        openai: { api: 'openai-completions', baseUrl: 'https://api.openai.com/v1' },
        gemini: {
          api: 'openai-completions',
          baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
        },
        openrouter: { api: 'openai-completions', baseUrl: 'https://openrouter.ai/api/v1' },
        ollama: { api: 'openai-completions', baseUrl: 'http://127.0.0.1:11434/v1' },
      },
      default: {},
      maxProperties: 100,
      description: 'Providers by a name of your choice.',
    }),
  },
  { default: {}, description: 'Who answers, and how long it may take.' },
)
