/** What an event may hold: no floats, so that every language writes its numbers alike. */
export type EventValue =
  | string
  | boolean
  | number
  | null
  | readonly EventValue[]
  | { readonly [name: string]: EventValue | undefined }

/**
 * Serialises a value by RFC 8785 (JCS): keys sorted by UTF-16 code units, no spaces, strings as ECMAScript writes them. A member that is
 * undefined is left out, a lone surrogate becomes U+FFFD. Throws a RangeError for a number that is no integer up to 2^53-1.
 */
export function canonicalJson(value: EventValue): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed())
  if (typeof value === 'number') return canonicalInteger(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value)
    .map(([name, member]) => [name.toWellFormed(), member] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .flatMap(([name, member]) =>
      member === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`],
    )
  return `{${members.join(',')}}`
}

function canonicalInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`An event holds whole numbers only, not ${value}.`)
  return Object.is(value, -0) ? '0' : String(value)
}

function isList(value: EventValue): value is readonly EventValue[] {
  return Array.isArray(value)
}
