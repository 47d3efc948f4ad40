/** A JSON object of a platform, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Tells whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the object at a key, or undefined. */
export function fieldsAt(fields: Fields, key: string): Fields | undefined {
  const value = fields[key]
  return isFields(value) ? value : undefined
}

/** Returns the text at a key, or undefined where there is none or an empty one. */
export function textAt(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Returns the finite number at a key, or undefined. */
export function numberAt(fields: Fields, key: string): number | undefined {
  const value = fields[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Returns the whole number at a key, or undefined where there is none that JavaScript holds exactly. */
export function integerAt(fields: Fields, key: string): number | undefined {
  const value = numberAt(fields, key)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Returns the objects of the list at a key. */
export function listAt(fields: Fields, key: string): readonly Fields[] {
  return fieldsOf(fields[key])
}

/** Returns the objects of parsed JSON that should be a list. */
export function fieldsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** Parses JSON that should be an object. Undefined where it is none. */
export function parseFields(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}
