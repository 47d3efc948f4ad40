import type { FastifySchemaValidationError } from 'fastify/types/schema.js'

/** Says of the first violation of a schema which member it is, what is wrong and, for an unknown one, which was meant. */
export function sentenceOfValidation(
  violation: FastifySchemaValidationError | undefined,
  where: string,
): { readonly message: string; readonly details: Record<string, unknown> } {
  const place = where === 'querystring' ? 'query' : where === 'params' ? 'path' : 'body'
  if (!violation) return { message: `The ${place} is not valid.`, details: {} }
  const path = violation.instancePath.slice(1).replaceAll('/', '.')
  const { params } = violation
  switch (violation.keyword) {
    case 'additionalProperties':
      return unknownMember(join(path, String(params['additionalProperty'])), place, params['known'])
    case 'required': {
      const field = join(path, String(params['missingProperty']))
      return { message: `${field} is missing.`, details: { field } }
    }
    default: {
      const field = path === '' ? `the ${place}` : path
      const message = `${field} ${expectation(violation)}.`
      return {
        message: message.charAt(0).toUpperCase() === 'T' ? `T${message.slice(1)}` : message,
        details: path === '' ? {} : { field },
      }
    }
  }
}

function unknownMember(
  field: string,
  place: string,
  known: unknown,
): { readonly message: string; readonly details: Record<string, unknown> } {
  const names = Array.isArray(known) ? known.map(String) : []
  const meant = closest(field, names)
  const noun = place === 'query' ? 'query parameter' : 'field'
  return {
    message: meant
      ? `There is no ${noun} ${JSON.stringify(field)}. Did you mean ${JSON.stringify(meant)}?`
      : `There is no ${noun} ${JSON.stringify(field.slice(0, 64))}. Known: ${names.join(', ') || 'none'}.`,
    details: { field: field.slice(0, 64), ...(meant ? { didYouMean: meant } : {}) },
  }
}

function expectation({ keyword, params, message }: FastifySchemaValidationError): string {
  switch (keyword) {
    case 'type':
      return `must be ${article(String(params['type']))}`
    case 'minLength':
      return params['limit'] === 1
        ? 'must not be empty'
        : `must have at least ${String(params['limit'])} characters`
    case 'maxLength':
      return `must have at most ${thousands(params['limit'])} characters`
    case 'minimum':
      return `must be at least ${String(params['limit'])}`
    case 'maximum':
      return `must be at most ${thousands(params['limit'])}`
    case 'maxProperties':
      return `must have at most ${String(params['limit'])} members`
    case 'pattern':
      return `must match ${String(params['pattern'])}`
    default:
      return message ?? 'is not valid'
  }
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}

function thousands(limit: unknown): string {
  return typeof limit === 'number' ? limit.toLocaleString('en-US') : String(limit)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** Returns the known name that a typo most probably meant: the same letters in another case or with `_` and `-`, or two edits away. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[_-]/g, '')
  const wanted = plain(name.slice(0, 64))
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(wanted, plain(candidate)) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= Math.min(2, Math.floor(wanted.length / 3)) ? best.candidate : undefined
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
