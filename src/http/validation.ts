import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { closestName } from '../domain/closest-name.ts'

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
      return unknownMember(
        join(path, String(params.additionalProperty)),
        place,
        knownMembers(path, params.known),
      )
    case 'required': {
      const field = join(path, String(params.missingProperty))
      return { message: `${field} is missing.`, details: { field } }
    }
    default: {
      // Where a name breaks a rule, the path is that of the object which holds it.
      const holder = path === '' ? `The ${place}` : path
      const subject = 'propertyName' in violation ? `A name in ${holder}` : holder
      return { message: `${subject} ${expectation(violation)}.`, details: path === '' ? {} : { field: path } }
    }
  }
}

function unknownMember(
  field: string,
  place: string,
  names: readonly string[],
): { readonly message: string; readonly details: Record<string, unknown> } {
  const meant = closestName(field, names)
  const noun = place === 'query' ? 'query parameter' : 'field'
  return {
    message: meant
      ? `There is no ${noun} ${JSON.stringify(field)}. Did you mean ${JSON.stringify(meant)}?`
      : `There is no ${noun} ${JSON.stringify(field.slice(0, 64))}. Known: ${names.join(', ') || 'none'}.`,
    details: { field: field.slice(0, 64), ...(meant ? { didYouMean: meant } : {}) },
  }
}

function knownMembers(path: string, known: unknown): readonly string[] {
  return Array.isArray(known) ? known.map((name) => join(path, String(name))) : []
}

function expectation({ keyword, params, message }: FastifySchemaValidationError): string {
  switch (keyword) {
    case 'type':
      return `must be ${article(String(params.type))}`
    case 'minLength':
      return params.limit === 1
        ? 'must not be empty'
        : `must have at least ${String(params.limit)} characters`
    case 'maxLength':
      return `must have at most ${thousands(params.limit)} characters`
    case 'minimum':
      return `must be at least ${String(params.limit)}`
    case 'maximum':
      return `must be at most ${thousands(params.limit)}`
    case 'maxProperties':
      return `must have at most ${String(params.limit)} members`
    case 'pattern':
      return `must match ${String(params.pattern)}`
    case 'maxItems':
      return `must have at most ${String(params.limit)} entries`
    case 'enum':
      return `must be ${listed(params.allowedValues)}`
    default:
      return message ?? 'is not valid'
  }
}

function listed(values: unknown): string {
  const words = (Array.isArray(values) ? values : []).map((value) => JSON.stringify(value))
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join('')
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
