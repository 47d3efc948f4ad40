import { GatewayError } from '../../domain/errors.ts'

/** The members of a JSON object that somebody sent. */
export type Fields = Readonly<Record<string, unknown>>

/** Returns a value's members. Throws `invalid_request` with the field's name where it is no object. */
export function objectAt(value: unknown, field: string): Fields {
  if (isFields(value)) return value
  throw wrong(field, value === undefined ? 'is missing' : 'must be an object')
}

/** Returns a list. Throws `invalid_request` where it is none. */
export function listAt(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(field, value === undefined ? 'is missing' : 'must be an array')
}

/** Returns the parts of a content that is no text. Throws `invalid_request` where it is no list. */
export function partsAt(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(field, 'must be a string or an array')
}

/** Returns a text, well formed in UTF-8. Throws `invalid_request` where it is none. */
export function textAt(value: unknown, field: string): string {
  if (typeof value === 'string') return value.toWellFormed()
  throw wrong(field, value === undefined ? 'is missing' : 'must be a string')
}

/** Returns a text, or undefined where it is absent or null. */
export function optionalText(value: unknown, field: string): string | undefined {
  return value === undefined || value === null ? undefined : textAt(value, field)
}

/** Returns a number within bounds, or undefined where it is absent or null. */
export function optionalNumber(
  value: unknown,
  field: string,
  bounds: { readonly minimum: number; readonly maximum: number; readonly whole?: boolean },
): number | undefined {
  if (value === undefined || value === null) return undefined
  const { minimum, maximum, whole = false } = bounds
  const isRight =
    typeof value === 'number' && value >= minimum && value <= maximum && (!whole || Number.isInteger(value))
  if (isRight) return value
  throw wrong(field, `must be a ${whole ? 'whole ' : ''}number from ${minimum} to ${maximum}`)
}

/** Returns a yes or no, or undefined where it is absent or null. */
export function optionalBoolean(value: unknown, field: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw wrong(field, 'must be true or false')
}

/** Makes the error for a field; `what` continues its name. */
export function wrong(field: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${field} ${what}.`, { details: { field } })
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns an object without some of its members, and without those that are undefined or null. */
export function without(fields: Fields, names: ReadonlySet<string>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => !names.has(name) && value !== undefined && value !== null,
    ),
  )
}
