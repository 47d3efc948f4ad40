/** What a first config file says. */
export interface FirstConfig {
  /** A name that is known, or one of the user's own with `baseUrl`. Undefined: the providers are found in the environment. */
  readonly provider: string | undefined
  /** For a provider that is not known by name. */
  readonly baseUrl: string | undefined
  /** `${NAME}` of an environment variable, or the key itself. */
  readonly apiKey: string | undefined
  readonly model: string | undefined
  readonly port: number
  /** Channels whose bot tokens stand in variables. */
  readonly channels: readonly ChannelName[]
}

/** The channels that a first config can have. */
export const channelNames = ['telegram', 'discord', 'slack'] as const
type ChannelName = (typeof channelNames)[number]

/** Returns the text of a first config file, JSON5 with a comment at each key. */
export function firstConfigText(config: FirstConfig): string {
  return `// OpenClaw Gateway. Check it: openclaw config validate. A change counts within two seconds, without a restart.
{
  api: {
    // Address and port wait for the next start.
    port: ${config.port},
    // Requests a minute of one token; a token's own rateLimit goes before.
    rateLimit: { perToken: { windowMs: 60000, maxRequests: 60 } },
    // Pages that may call the API from a browser:
    // security: { cors: { origins: ['https://your-app.com'] } },
    // Whom to tell of what happens:
    // webhooks: { outgoing: [{ url: 'https://your-app.com/api/openclaw-callback', secret: '\${WEBHOOK_SECRET}', events: ['message.*'] }] },
  },
  models: {
${modelLines(config).join('\n')}
  },
${channelLines(config.channels).join('\n')}
}
`
}

function modelLines({ provider, baseUrl, apiKey, model }: FirstConfig): readonly string[] {
  const named =
    model === undefined
      ? [
          '    // Answers where a request names no model; without it the first one found.',
          "    // default: 'claude-sonnet-4-6',",
        ]
      : ['    // Answers where a request names no model.', `    default: ${quoted(model)},`]
  if (provider === undefined) {
    return [
      ...named,
      '    // Without providers here they are found: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY, an Ollama.',
    ]
  }
  const fields = [
    ...(baseUrl === undefined ? [] : [`api: 'openai-completions'`, `baseUrl: ${quoted(baseUrl)}`]),
    ...(apiKey === undefined ? [] : [`apiKey: ${quoted(apiKey)}`]),
  ]
  return [
    ...named,
    '    // Asked in this order, where the model asked for fails before its first word:',
    '    // fallbacks: [],',
    `    providers: { ${keyOf(provider)}: { ${fields.join(', ')} } },`,
  ]
}

const botTokens = {
  telegram: `botToken: '\${TELEGRAM_BOT_TOKEN}'`,
  discord: `token: '\${DISCORD_BOT_TOKEN}'`,
  slack: `botToken: '\${SLACK_BOT_TOKEN}', appToken: '\${SLACK_APP_TOKEN}'`,
} as const

function channelLines(channels: readonly ChannelName[]): readonly string[] {
  if (channels.length === 0) return [`  // channels: { telegram: { ${botTokens.telegram} } },`]
  return [
    '  channels: {',
    '    // A stranger gets a code for: openclaw pairing approve',
    ...channels.map((name) => `    ${name}: { ${botTokens[name]} },`),
    '  },',
  ]
}

function keyOf(name: string): string {
  return /^[a-z][a-z0-9]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}
