import type { ModelInfo } from '../domain/models/provider.ts'
import type { ConfiguredModel } from './settings.ts'

/** Token limits of a model. */
export interface ModelLimits {
  readonly contextWindow: number
  readonly maxOutputTokens: number
}

// As the makers' model pages stood on 2026-11-22; the first pattern that matches counts. Models that are not certain are left out: a
// provider's own list, where it tells limits, always wins over this table.
const known: readonly (readonly [pattern: RegExp, contextWindow: number, maxOutputTokens: number])[] = [
  [/^claude-(?:opus|sonnet)-4[-.][6-9]\b/, 1_000_000, 128_000],
  [/^claude-(?:opus|sonnet|haiku|fable|mythos)-5\b/, 1_000_000, 128_000],
  [/^claude-(?:opus|sonnet|haiku)-4[-.]5\b/, 200_000, 64_000],
  [/^claude-sonnet-4\b/, 200_000, 64_000],
  [/^claude-opus-4\b/, 200_000, 32_000],
  [/^claude-3[-.]7-sonnet\b/, 200_000, 64_000],
  [/^claude-3[-.]5-/, 200_000, 8192],
  [/^claude-3-/, 200_000, 4096],
  [/^gpt-6(?:\.\d+)?-sol\b|^gpt-5\.6-(?:sol|terra)\b|^gpt-5\.[45](?!-(?:mini|nano))\b/, 1_050_000, 128_000],
  [/^gpt-5(?:\.\d+)?-chat\b/, 128_000, 16_384],
  [/^gpt-5(?:\.[124])?(?:-(?:mini|nano|\d{4}-\d\d-\d\d))*$/, 400_000, 128_000],
  [/^gpt-4\.1\b/, 1_047_576, 32_768],
  [/^(?:chat)?gpt-4o\b/, 128_000, 16_384],
  [/^o1-preview\b/, 128_000, 32_768],
  [/^o1-mini\b/, 128_000, 65_536],
  [/^(?:o1|o3|o4-mini)\b/, 200_000, 100_000],
  [/^gpt-4-turbo\b/, 128_000, 4096],
  [/^gpt-4(?:-0613)?$/, 8192, 8192],
  [/^gpt-3\.5-turbo\b/, 16_385, 4096],
  [/^gemini-(?:2\.5|3)(?!.*(?:image|tts|live))/, 1_048_576, 65_536],
  [/^gemini-2\.0-flash\b/, 1_048_576, 8192],
]

/** Returns the limits of a model that is known by its id, also where the id has its maker in front (`openai/gpt-4o`). */
export function limitsOf(id: string): ModelLimits | undefined {
  const bare = bareIdOf(id)
  for (const [pattern, contextWindow, maxOutputTokens] of known) {
    if (pattern.test(bare)) return { contextWindow, maxOutputTokens }
  }
  return undefined
}

/** Returns an id without the maker in front of it. */
export function bareIdOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

// Who takes no images and no tools, and who is known to take images, as the makers' pages stood on 2026-11-22. Whoever is not named is tried.
const withoutImages =
  /^(?:gpt-3\.5|gpt-4(?:-0613|-0314|-32k)?$|o1-(?:mini|preview)|o3-mini|deepseek-(?:chat|reasoner|coder|r1|v3)|text-)/
const withImages =
  /^(?:claude-|(?:chat)?gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-[5-9]|o1$|o3$|o4-mini|gemini-|pixtral-)/
const withoutTools = /^(?:o1-(?:mini|preview)|gpt-5(?:\.\d+)?-chat)\b/

function abilitiesOf({ id, tools, images }: ToldModel): Pick<ModelInfo, 'tools' | 'images'> {
  const bare = bareIdOf(id)
  const takesImages = images ?? (withoutImages.test(bare) ? false : withImages.test(bare) ? true : undefined)
  const takesTools = tools ?? (withoutTools.test(bare) ? false : undefined)
  return {
    ...(takesTools === undefined ? {} : { tools: takesTools }),
    ...(takesImages === undefined ? {} : { images: takesImages }),
  }
}

/** What a provider, or the config, tells of a model. */
export interface ToldModel {
  readonly id: string
  readonly name?: string | undefined
  readonly contextWindow?: number | undefined
  readonly maxOutputTokens?: number | undefined
  readonly tools?: boolean | undefined
  readonly images?: boolean | undefined
}

/** Completes what is told of a model from what is known of it. */
export function modelInfoOf(told: ToldModel): ModelInfo {
  const limits = limitsOf(told.id)
  return {
    id: told.id,
    name: told.name ?? told.id,
    // Some servers say 0 where they do not know.
    contextWindow: told.contextWindow || limits?.contextWindow || null,
    maxOutputTokens: told.maxOutputTokens || limits?.maxOutputTokens || null,
    ...abilitiesOf(told),
  }
}

/** The models that the config lists, or undefined where it lists none and the provider is to be asked. */
export function configuredModels(
  models: readonly ConfiguredModel[] | undefined,
): readonly ModelInfo[] | undefined {
  if (models === undefined || models.length === 0) return undefined
  return models.map(({ maxTokens, input, ...model }) =>
    modelInfoOf({ ...model, maxOutputTokens: maxTokens, images: input?.includes('image') }),
  )
}
