import assert from 'node:assert/strict'

/** Returns what stands at a path of parsed JSON; undefined where there is nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    const found: unknown = Reflect.get(current, key)
    current = found
  }
  return current
}

/** Returns the list at a path. Fails the test where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path)
  assert.ok(Array.isArray(found), `no list at ${path.join('.')}: ${JSON.stringify(value)}`)
  return found
}

/** Returns the text at a path. Fails the test where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path)
  assert.ok(typeof found === 'string', `no text at ${path.join('.')}: ${JSON.stringify(value)}`)
  return found
}

/** Returns the number at a path. Fails the test where there is none. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path)
  assert.ok(typeof found === 'number', `no number at ${path.join('.')}: ${JSON.stringify(value)}`)
  return found
}

/** Returns the members of the object at a path. Fails the test where there is none. */
export function entriesAt(
  value: unknown,
  ...path: readonly (string | number)[]
): readonly (readonly [string, unknown])[] {
  const found = at(value, ...path)
  assert.ok(typeof found === 'object' && found !== null, `no object at ${path.join('.')}`)
  return Object.entries(found)
}
