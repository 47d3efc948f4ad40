import type { RunningGateway } from './gateway.ts'
import { startOpenAiServer } from './openai-server.ts'
import type { Plants } from './plants.ts'
import type { ProviderServer } from './provider-server.ts'
import { useGateway } from './use-gateway.ts'

/** A gateway whose config is full of planted secrets. */
export interface PlantedGateway {
  readonly gateway: RunningGateway
  /** The provider that its default model belongs to. */
  readonly upstream: ProviderServer
  /** What was planted in the config, by what it is. */
  readonly config: Readonly<Record<string, string>> & {
    readonly upstreamKey: string
    readonly secondKey: string
    readonly headerKey: string
    readonly headerTitle: string
    readonly query: string
  }
  /** What its commands need of the environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Starts it, with a provider that answers, one that lists nothing and one that refuses its key. All stop with the stack. */
export async function startPlanted(stack: AsyncDisposableStack, plants: Plants): Promise<PlantedGateway> {
  const fromEnvironment = plants.secret('a token from a variable', 'oc_tok_')
  const config = {
    upstreamKey: plants.secret("a provider's key", 'sk-proj-'),
    secondKey: plants.secret('the second of two keys', 'sk-proj-'),
    plainKey: plants.secret('a key of no known shape'),
    headerKey: plants.secret('a header with a key of a provider', 'x-'),
    headerTitle: plants.secret('a header of a provider that nobody would take for a key'),
    query: plants.secret("a query in a provider's baseUrl"),
    brokenKey: plants.secret('the key of a provider that lists nothing', 'sk-proj-'),
    token: plants.secret('a plain token of the config', 'oc_tok_'),
    webhookSecret: plants.secret("a webhook's secret", 'whsec_'),
    webhookPrevious: plants.secret("a webhook's previous secret"),
    webhookQuery: plants.secret("a query in a webhook's address"),
    telegram: `123456789:${plants.secret('a telegram token')}`,
    discord: plants.secret('a discord token'),
    slackBot: plants.secret('a slack bot token', 'xoxb-'),
    slackApp: plants.secret('a slack app token', 'xapp-'),
    skill: plants.secret('a variable of a skill'),
  }
  const upstream = stack.use(await startOpenAiServer({ apiKey: config.upstreamKey }))
  const broken = stack.use(await startOpenAiServer({ apiKey: null }))
  const gateway = await useGateway(stack, {
    tokens: {
      admin: { scope: ['admin'] },
      plain: { scope: ['chat'], token: config.token },
      variable: { scope: ['chat'], token: `\${PLANTED_TOKEN}` },
    },
    env: { PLANTED_TOKEN: fromEnvironment },
    config: {
      logging: { level: 'debug' },
      models: {
        default: 'up/gpt-4o-mini',
        providers: {
          up: {
            api: 'openai-completions',
            baseUrl: `${upstream.url}?key=${config.query}`,
            apiKey: [config.upstreamKey, config.secondKey],
            headers: { 'X-Api-Token': config.headerKey, 'X-Title': config.headerTitle },
          },
          broken: { api: 'openai-completions', baseUrl: `${broken.url}/nowhere`, apiKey: config.brokenKey },
          refused: { api: 'openai-completions', baseUrl: upstream.url, apiKey: config.plainKey },
        },
      },
      channels: {
        telegram: { enabled: false, botToken: config.telegram },
        discord: { enabled: false, token: config.discord },
        slack: { enabled: false, botToken: config.slackBot, appToken: config.slackApp },
      },
      skills: { entries: { one: { enabled: false, env: { KEY: config.skill } } } },
      api: {
        webhooks: {
          outgoing: [
            {
              url: `https://127.0.0.1:1/hook?token=${config.webhookQuery}`,
              secret: config.webhookSecret,
              previousSecret: config.webhookPrevious,
              events: ['webhook.disabled'],
            },
          ],
        },
      },
    },
  })
  return { gateway, upstream, config, env: { PLANTED_TOKEN: fromEnvironment } }
}
