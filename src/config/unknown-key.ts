import type { MemberNode } from '@humanwhocodes/momoa'
import { closestName } from '../domain/closest-name.ts'
import { memberPath, type Reading, report } from './reading.ts'
import { recordValues, type SchemaNode } from './schema-node.ts'

const placesMax = 3

/** Warns of a key that the schema does not have, with the key that was meant: one beside it, else one that stands elsewhere. */
export function unknownKey(
  schema: SchemaNode,
  key: string,
  member: MemberNode,
  path: string,
  reading: Reading,
): void {
  if (path === '' && key === '$schema') return
  const beside = closestName(key, Object.keys(schema.properties ?? {}))
  const elsewhere = beside === undefined ? pathsElsewhere(reading.root, key) : []
  const meant = beside === undefined ? elsewhere : [memberPath(path, beside)]
  const hint = meant.length === 0 ? '' : ` Did you mean ${meant.join(' or ')}?`
  report(reading, 'warning', member.name.loc.start, memberPath(path, key), `unknown key, ignored.${hint}`)
}

// A key that is found in many places (`enabled`) says nothing.
function pathsElsewhere(root: SchemaNode, key: string): readonly string[] {
  const paths = new Map<string, string[]>()
  collect(root, '', paths)
  const found = paths.get(closestName(key, [...paths.keys()]) ?? '') ?? []
  return found.length > placesMax ? [] : found
}

function collect(schema: SchemaNode, path: string, paths: Map<string, string[]>): void {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const childPath = memberPath(path, key)
    paths.set(key, [...(paths.get(key) ?? []), childPath])
    collect(child, childPath, paths)
  }
  const values = recordValues(schema)
  if (values !== undefined) collect(values, `${path}.<name>`, paths)
  if (schema.items !== undefined) collect(schema.items, `${path}[]`, paths)
}
