/** A JSON object of which nothing else is known. */
export type JsonObject = Readonly<Record<string, unknown>>

const referencesMax = 16

/** Returns a value as an object; an empty one where it is something else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** Returns a value as a list; an empty one where it is something else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Returns a value as text; empty where it is something else. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Tells whether a value is an object and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Follows a local `$ref` (RFC 6901 in a URI fragment) to what it names. Gives an empty object where that leads nowhere. */
export function resolved(document: JsonObject, value: unknown): JsonObject {
  let current = asObject(value)
  for (let hops = 0; hops < referencesMax; hops++) {
    const reference = current.$ref
    if (typeof reference !== 'string') return current
    current = asObject(pointed(document, reference))
  }
  return {}
}

function pointed(document: JsonObject, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined
  let current: unknown = document
  for (const segment of reference.slice(2).split('/')) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    const holder = asObject(current)
    current = Object.hasOwn(holder, key) ? holder[key] : undefined
  }
  return current
}
