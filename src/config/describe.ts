import type { ValueNode } from '@humanwhocodes/momoa'
import { kinds } from './kinds.ts'
import type { SchemaNode } from './schema-node.ts'

const shownMax = 40

/** Returns what a schema takes, as it stands after "expected": `a whole number from 1 to 65535`. */
export function describeExpected(schema: SchemaNode): string {
  if (schema.expected !== undefined) return schema.expected
  if (schema.enum !== undefined)
    return schema.enum.length === 1 ? quoted(schema.enum) : `one of ${quoted(schema.enum)}`
  if (schema.kind === 'size') {
    return `${kinds.size.expected}, from ${sizeText(schema.minimum ?? 0)} to ${sizeText(schema.maximum ?? 0)}`
  }
  if (schema.kind !== undefined) return kinds[schema.kind].expected
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema)}`
    case 'number':
      return `a number${bounds(schema)}`
    case 'boolean':
      return 'true or false'
    case 'string':
      return `a text${lengths(schema)}${schema.orNumber === true ? ' or a whole number' : ''}`
    case 'array':
      return describeList(schema)
    default:
      return 'an object in { }'
  }
}

/** Returns what stands in the file, as it stands after "found": `"abc" (a string)`. A secret, and what a variable held, is never shown. */
export function describeFound(
  node: ValueNode,
  text: string,
  options: { secret: boolean; variables: readonly string[] },
): string {
  switch (node.type) {
    case 'String': {
      const [variable] = options.variables
      if (variable !== undefined) return `a string of ${characters(text)} from the variable ${variable}`
      if (options.secret || looksSecret(text)) return `a string of ${characters(text)}`
      if (text.length > shownMax)
        return `${JSON.stringify(text.slice(0, shownMax))}… (a string of ${characters(text)})`
      return `${JSON.stringify(text)} (a string)`
    }
    case 'Number':
      return options.secret ? 'a number' : `${node.value} (a number)`
    case 'NaN':
    case 'Infinity':
      return `${node.type} (no finite number)`
    case 'Boolean':
      return `${node.value} (a boolean)`
    case 'Null':
      return 'null'
    case 'Array':
      return 'a list'
    case 'Object':
      return 'an object'
  }
}

/** Returns a number of bytes as people write it: `1MB`, `512KB`, `1000B`. */
export function sizeText(bytes: number): string {
  if (bytes % 1_048_576 === 0) return `${bytes / 1_048_576}MB`
  return bytes % 1024 === 0 ? `${bytes / 1024}KB` : `${bytes}B`
}

function describeList(schema: SchemaNode): string {
  const item = schema.items === undefined ? '' : describeExpected(schema.items)
  const least = (schema.minItems ?? 0) > 0 ? ` of at least ${schema.minItems}` : ''
  if (schema.orSingle === true) return `${item}, or a list of such${least}`
  return schema.items?.type === 'object' ? `a list${least} of objects` : `a list${least} in [ ], each ${item}`
}

function bounds(schema: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum } = schema
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (exclusiveMinimum !== undefined) {
    return ` above ${exclusiveMinimum}${maximum === undefined ? '' : ` and up to ${maximum}`}`
  }
  return ''
}

function lengths(schema: SchemaNode): string {
  const { minLength = 0, maxLength } = schema
  return maxLength === undefined ? '' : ` of ${minLength} to ${maxLength} characters`
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ')
}

function characters(text: string): string {
  return text.length === 1 ? '1 character' : `${text.length} characters`
}

// A secret can stand in the wrong place, or in an address.
function looksSecret(text: string): boolean {
  return (
    /^(?:oc_tok_|sk-|xox|xapp-|whsec_|AIza|Bearer )|:\/\/.*@|[?&][^=]*=/i.test(text) ||
    /^[A-Za-z0-9+/_:=-]{32,}$/.test(text) ||
    /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/_=-]{16,}$/.test(text)
  )
}
