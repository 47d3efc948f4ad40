import { headersOf } from '../credentials.ts'
import { bareIdOf } from '../known-models.ts'
import type { ProviderSettings } from '../settings.ts'

/** The headers of every request with a key. */
export function openAiHeaders(
  settings: ProviderSettings,
  key: string | undefined,
): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'user-agent': 'openclaw-gateway',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...headersOf(settings),
  }
}

/** The field that limits an answer: OpenAI's own newer models refuse `max_tokens`, and most compatible servers know nothing else. */
export function maxTokensFieldOf(settings: ProviderSettings): 'max_tokens' | 'max_completion_tokens' {
  return (
    settings.maxTokensField ??
    (hostOf(settings) === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens')
  )
}

// OpenAI's reasoning models answer 400 to any temperature but 1: the o series, GPT-5 and its sizes, GPT-5.6 and GPT-6; as known on
// 2026-11-22. GPT-5.1 to 5.5 take one while they do not reason. A model that is not named here and refuses it is asked again without.
const withoutTemperature = /^(?:o\d|gpt-5(?:-(?:mini|nano|pro|codex|\d{4})|$)|gpt-5\.6|gpt-[6-9])/

/** Tells whether a model is known to refuse `temperature`. */
export function refusesTemperature(model: string): boolean {
  return withoutTemperature.test(bareIdOf(model))
}

// What the model lists of OpenAI and Google hold beside models that chat over this API.
const notForChat =
  /embedding|moderation|whisper|transcribe|tts|audio|realtime|live|dall-e|image|imagen|sora|veo|lyria|aqa|babbage|davinci|instruct|deep-research|computer-use|codex|^o1-pro|^o3-pro|gpt-5[\d.]*-pro/
const mixedLists: ReadonlySet<string> = new Set(['api.openai.com', 'generativelanguage.googleapis.com'])

/** Tells whether a listed model can be chatted with. Only the makers whose lists are known to be mixed are doubted. */
export function isChatModel(settings: ProviderSettings, id: string): boolean {
  return !mixedLists.has(hostOf(settings)) || !notForChat.test(id)
}

function hostOf(settings: ProviderSettings): string {
  return URL.canParse(settings.baseUrl) ? new URL(settings.baseUrl).hostname : ''
}
