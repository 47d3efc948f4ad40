import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { at, entriesAt } from './json.ts'

/** One operation of the OpenAPI document. */
export interface ApiOperation {
  readonly method: string
  /** With `{id}` where a parameter stands. */
  readonly path: string
  /** What a token needs; undefined where the operation is open to everybody. */
  readonly scope: string | undefined
  /** Validates the body of a 200, or one frame of a stream. */
  readonly validate: ValidateFunction
}

/** Fetches a gateway's OpenAPI document and returns its operations. */
export async function apiOperations(url: string): Promise<readonly ApiOperation[]> {
  const document: unknown = await (await fetch(`${url}/api/v1/openapi.json`)).json()
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/)
  return entriesAt(document, 'paths').flatMap(([path, item]) =>
    entriesAt(item).map(([method, operation]) => {
      const [media] = entriesAt(operation, 'responses', '200', 'content')
      const schema = at(media?.[1], 'schema')
      if (typeof schema !== 'object' || schema === null)
        throw new Error(`${method} ${path} has no 200 schema`)
      return {
        method: method.toUpperCase(),
        path,
        scope: scopeOf(document, operation),
        validate: ajv.compile(schema),
      }
    }),
  )
}

function scopeOf(document: unknown, operation: unknown): string | undefined {
  const security = at(operation, 'security') ?? at(document, 'security')
  if (Array.isArray(security) && security.length === 0) return undefined
  const scope = /`(chat|send|read|admin)`/.exec(String(at(operation, 'description')))?.[1]
  if (scope === undefined) throw new Error('an operation that needs a token names no scope')
  return scope
}
