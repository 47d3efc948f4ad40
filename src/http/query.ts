const wholeNumber = /^-?(0|[1-9]\d{0,8})$/

/**
 * Reads a query string. `limit` becomes a number where it is written as a whole one; nothing else is coerced. A parameter that is
 * given twice becomes a list, which no schema takes.
 */
export function parseQuery(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in query) query[name] = [query[name], value]
    else query[name] = name === 'limit' && wholeNumber.test(value) ? Number(value) : value
  }
  return query
}
