import { environment } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import { memberPath } from '../config/reading.ts'
import { inspectProviders } from '../gateway/find-providers.ts'
import { checkModelNames } from './doctor-model-names.ts'
import { type DoctorRow, editCommand, warning, well, wrong } from './doctor-row.ts'
import { isAtOrBelow } from './load-config.ts'
import { shellWord } from './shell.ts'

type Inspection = Awaited<ReturnType<typeof inspectProviders>>

const keyVariables: Readonly<Record<string, string>> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  gemini: 'GEMINI_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
}

/** Looks who can answer: asks each provider for its list of models, within five seconds, and calls none. */
export async function checkModels(loaded: LoadedConfig): Promise<readonly DoctorRow[]> {
  const env = environment()
  const { askable, open } = splitProviders(loaded)
  const rows = open.map(({ name, variable }) =>
    warning(
      'models',
      `${name} is not asked: ${variable}, which the config refers to, is not set in this terminal.`,
      `export ${variable}=…`,
    ),
  )
  if (open.length > 0 && Object.keys(askable.config.models.providers).length === 0) return rows
  const { providers, lookedAt } = await inspectProviders(askable, env)
  // A model that is missing may be one of a provider that has not told its own.
  const isKnown = rows.length === 0 && providers.every(({ status }) => status !== 'failed')
  return [
    ...rows,
    ...(providers.length === 0 ? [nobody(lookedAt)] : providers.map((one) => providerRow(one, loaded))),
    ...(isKnown ? checkModelNames(loaded, providers) : []),
    ...ollamaRows(lookedAt, env.OLLAMA_HOST),
  ]
}

// A provider whose key or address is not known here must not be asked by what the file says in its place.
function splitProviders(loaded: LoadedConfig): {
  readonly askable: LoadedConfig
  readonly open: readonly { readonly name: string; readonly variable: string }[]
} {
  const { config, unset } = loaded
  const all = Object.entries(config.models.providers).map(([name, provider]) => {
    const own = memberPath('models.providers', name)
    return { name, provider, variable: unset.find(({ path }) => isAtOrBelow(path, own))?.variable }
  })
  const providers = Object.fromEntries(
    all.flatMap(({ name, provider, variable }) => (variable === undefined ? [[name, provider]] : [])),
  )
  return {
    askable: { ...loaded, config: { ...config, models: { ...config.models, providers } } },
    open: all.flatMap(({ name, variable }) => (variable === undefined ? [] : [{ name, variable }])),
  }
}

function providerRow(
  { name, origin, status, models, sentence = '' }: Inspection['providers'][number],
  { config, file }: LoadedConfig,
): DoctorRow {
  switch (status) {
    case 'ok':
      return well('models', `${name} lists ${models} models.`)
    case 'unlisted':
      return well('models', `${name} answers; its ${models} models are those of the config.`)
    case 'failed': {
      if (!/refuses our key/.test(sentence))
        return wrong('models', sentence, `curl -sSI ${shellWord(origin)}`)
      const isConfigured = Object.hasOwn(config.models.providers, name) && file !== null
      const variable = keyVariables[name] ?? 'OPENAI_API_KEY'
      return wrong('models', sentence, isConfigured ? editCommand(file) : `export ${variable}=…`)
    }
  }
}

function nobody(lookedAt: Inspection['lookedAt']): DoctorRow {
  const missing = lookedAt.filter(({ found }) => !found).map(({ what }) => what)
  const sentence = `Only the demo model can answer. Not found: ${missing.join(', ')}.`
  return warning('models', sentence, 'export ANTHROPIC_API_KEY=…')
}

function ollamaRows(lookedAt: Inspection['lookedAt'], asked: string | undefined): readonly DoctorRow[] {
  const ollama = lookedAt.find(({ what }) => what.startsWith('Ollama'))
  if (ollama === undefined) return [well('ollama', 'Not looked for: the config names its providers.')]
  if (ollama.found) return [well('ollama', `${ollama.what} answers.`)]
  if ((asked ?? '') === '') return [well('ollama', `There is no ${ollama.what}.`)]
  return [warning('ollama', `OLLAMA_HOST is set, but there is no ${ollama.what}.`, 'ollama serve')]
}
