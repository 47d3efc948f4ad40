import type { LoadedConfig } from '../config/load.ts'
import { closestName } from '../domain/closest-name.ts'
import { retiredModels } from '../domain/models/retired-models.ts'
import { type DoctorRow, editCommand, warning, wrong } from './doctor-row.ts'

/** A provider that has told its models. */
interface Listed {
  readonly name: string
  readonly modelIds: readonly string[]
}

/** Looks whether `models.default` and `models.fallbacks` name models that there are, by the lists of all providers. */
export function checkModelNames(
  { config, file }: LoadedConfig,
  providers: readonly Listed[],
): readonly DoctorRow[] {
  const { default: standard, fallbacks, aliases, providers: configured } = config.models
  const ids = new Set(['demo', 'demo/demo'])
  for (const { name, modelIds } of providers) {
    const own = (configured[name]?.models ?? []).map(({ id }) => id)
    for (const id of [...modelIds, ...own]) ids.add(id).add(`${name}/${id}`)
  }
  const isKnown = (asked: string): boolean => {
    const meant = Object.hasOwn(aliases, asked) ? (aliases[asked] ?? asked) : asked
    if (ids.has(meant)) return true
    const successor = retiredModels.get(meant.slice(meant.indexOf('/') + 1))
    return successor !== undefined && ids.has(successor)
  }
  const edit = editCommand(file ?? 'openclaw.json5')
  const sentenceOf = (key: string, model: string): string => {
    const near = closestName(model, [...ids])
    const meant = near === undefined ? '' : ` Did you mean ${near}?`
    return `${key} is ${JSON.stringify(model)}, which no provider lists.${meant}`
  }
  return [
    ...(standard === undefined || isKnown(standard)
      ? []
      : [wrong('models', sentenceOf('models.default', standard), edit)]),
    ...fallbacks.flatMap((model, i) =>
      isKnown(model) ? [] : [warning('models', sentenceOf(`models.fallbacks[${i}]`, model), edit)],
    ),
  ]
}
