import type { JsonObject } from '../models/provider.ts'

const levelsMax = 64
const bytesMax = 64 * 1024

/** Returns a schema's JSON, or the reason why nothing more looks at it: more than 64 levels, or more than 64 KiB. */
export function measureSchema(schema: JsonObject): { readonly json: string } | { readonly problem: string } {
  if (depthOf(schema, levelsMax) > levelsMax) return { problem: `is nested deeper than ${levelsMax} levels` }
  const json = JSON.stringify(schema)
  return Buffer.byteLength(json) > bytesMax ? { problem: `is larger than ${bytesMax} bytes` } : { json }
}

function depthOf(node: unknown, left: number): number {
  if (typeof node !== 'object' || node === null) return 0
  if (left < 0) return 1
  return 1 + Object.values(node).reduce((most: number, inner) => Math.max(most, depthOf(inner, left - 1)), 0)
}
