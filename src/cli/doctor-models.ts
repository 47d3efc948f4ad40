import { environment } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import { inspectProviders } from '../gateway/find-providers.ts'
import { type DoctorRow, editCommand, warning, well, wrong } from './doctor-row.ts'
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
  const { providers, lookedAt } = await inspectProviders(loaded, env)
  return [
    ...(providers.length === 0 ? [nobody(lookedAt)] : providers.map((one) => providerRow(one, loaded))),
    ...ollamaRows(lookedAt, env.OLLAMA_HOST),
  ]
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
