import { readText } from './answer.ts'
import { createClient } from './client.ts'
import { isRecord, textOf } from './record.ts'
import type { ProviderSettings } from './settings.ts'

/** What was found without any configuration, and everything that was looked at, so that an empty list can be explained. */
export interface Discovery {
  readonly settings: readonly ProviderSettings[]
  readonly lookedAt: readonly { readonly what: string; readonly found: boolean }[]
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

const hosted = [
  {
    name: 'anthropic',
    api: 'anthropic-messages',
    key: 'ANTHROPIC_API_KEY',
    base: 'ANTHROPIC_BASE_URL',
    baseUrl: 'https://api.anthropic.com',
  },
  {
    name: 'openai',
    api: 'openai-completions',
    key: 'OPENAI_API_KEY',
    base: 'OPENAI_BASE_URL',
    baseUrl: 'https://api.openai.com/v1',
  },
  {
    name: 'gemini',
    api: 'openai-completions',
    key: 'GEMINI_API_KEY',
    base: undefined,
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  },
  {
    name: 'openrouter',
    api: 'openai-completions',
    key: 'OPENROUTER_API_KEY',
    base: undefined,
    baseUrl: 'https://openrouter.ai/api/v1',
  },
] as const

const ollamaPort = 11_434
const probeMs = 300

/**
 * Finds providers by the keys in an environment, and an Ollama that answers on this machine within 300 ms (`ollamaUrl`, else
 * `OLLAMA_HOST` where that is loopback, else 127.0.0.1:11434). Keys are not tried. Rejects only with the signal's reason.
 */
export async function discoverProviders(
  env: Environment,
  options: { readonly signal: AbortSignal; readonly ollamaUrl?: string },
): Promise<Discovery> {
  options.signal.throwIfAborted()
  const settings: ProviderSettings[] = []
  const lookedAt: { what: string; found: boolean }[] = []
  for (const { name, api, key, base, baseUrl } of hosted) {
    const apiKey = env[key]?.trim() ?? ''
    lookedAt.push({ what: key, found: apiKey !== '' })
    if (apiKey === '') continue
    const asked = base === undefined ? '' : (env[base]?.trim() ?? '')
    if (asked !== '' && !isHttpUrl(asked))
      lookedAt.push({ what: `${base} (no http or https URL)`, found: false })
    settings.push({ name, api, baseUrl: isHttpUrl(asked) ? asked : baseUrl, apiKey })
  }
  const root = options.ollamaUrl ?? loopbackOllama(env.OLLAMA_HOST)
  const found = root !== undefined && (await isOllama(root, options.signal))
  lookedAt.push({
    what: root === undefined ? 'Ollama (OLLAMA_HOST is not on this machine)' : `Ollama on ${hostOf(root)}`,
    found,
  })
  if (found)
    settings.push({ name: 'ollama', api: 'openai-completions', baseUrl: `${root.replace(/\/+$/, '')}/v1` })
  return { settings, lookedAt }
}

/**
 * Returns the root of an Ollama on this machine as `OLLAMA_HOST` names it (`host`, `:port`, `host:port` or a URL), or undefined where
 * it is on another. `0.0.0.0` and `::` are what a server listens on, so this machine.
 */
export function loopbackOllama(host: string | undefined): string | undefined {
  const asked = host?.trim() ?? ''
  const text = /^https?:\/\//.test(asked)
    ? asked
    : `http://${asked.startsWith(':') || asked === '' ? `127.0.0.1${asked}` : asked}`
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (/^(?:0\.0\.0\.0|\[::\])$/.test(url.hostname)) url.hostname = '127.0.0.1'
  if (!/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)) return undefined
  if (url.port === '' && !/^https?:\/\//.test(asked)) url.port = String(ollamaPort)
  return url.origin
}

// `/api/version` is Ollama's own and costs it nothing; another program on that port does not answer it like this.
async function isOllama(root: string, signal: AbortSignal): Promise<boolean> {
  const who = { name: 'ollama', secrets: [] }
  const client = createClient(who.name, root)
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(probeMs)])
    const request = { method: 'GET', path: '/api/version', headers: {}, connectTimeoutMs: probeMs } as const
    const answer = await client.send(request, within)
    if (answer.status !== 200) return false
    const version: unknown = JSON.parse(await readText(who, answer.body, 4096))
    return isRecord(version) && textOf(version, 'version') !== undefined
  } catch {
    signal.throwIfAborted()
    return false
  } finally {
    await client.close()
  }
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}

function hostOf(root: string): string {
  return URL.canParse(root) ? new URL(root).host : root
}
