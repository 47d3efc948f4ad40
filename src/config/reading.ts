import type { Node, ValueNode } from '@humanwhocodes/momoa'
import type { Env } from './environment.ts'
import type { Folders } from './kinds.ts'
import type { Problem } from './problem.ts'
import type { SchemaNode } from './schema-node.ts'
import type { Place } from './text-scan.ts'

/** What a file is read with, and what reading it brings to light beside its values. */
export interface Reading {
  readonly file: string
  readonly text: string
  readonly root: SchemaNode
  readonly env: Env
  readonly folders: Folders
  readonly problems: Problem[]
  /** Where each value of the file stands, by its path. */
  readonly places: Map<string, Place>
  /** Path of each object of the result. */
  readonly paths: Map<unknown, string>
  /** Paths of the secrets that stand in the file in plain text. */
  readonly plainSecrets: string[]
  /** Takes the values that are open, or null where a variable that is not set is an error. */
  readonly unset: UnsetValue[] | null
}

/** A value of the file that is not known, because it stands in a variable that is not set. */
export interface UnsetValue {
  /** For example `models.providers.openai.apiKey`. */
  readonly path: string
  readonly variable: string
  /** What the file says. A text is left so; anything else has its default. */
  readonly text: string
}

const problemsMax = 100

/** Notes a problem. Beyond 100 they are not kept: nobody reads on. */
export function report(
  reading: Reading,
  severity: Problem['severity'],
  place: Place,
  path: string,
  sentence: string,
): void {
  if (reading.problems.length >= problemsMax) return
  reading.problems.push({
    file: reading.file,
    line: place.line,
    column: place.column,
    path,
    severity,
    sentence,
  })
}

/** Notes an error at the start of a node. */
export function refuse(reading: Reading, node: Node, path: string, sentence: string): void {
  report(reading, 'error', node.loc.start, path, sentence)
}

/** Notes where a value stands. */
export function notePlace(reading: Reading, path: string, node: ValueNode): void {
  reading.places.set(path, { line: node.loc.start.line, column: node.loc.start.column })
}

/** Returns the place of a path, or of the nearest thing around it that the file holds. */
export function placeOfPath(reading: Reading, path: string): Place {
  for (let rest = path; ; ) {
    const place = reading.places.get(rest)
    if (place !== undefined) return place
    if (rest === '') return { line: 0, column: 0 }
    rest = rest.slice(0, Math.max(0, rest.search(/(?:\.[^.[\]]*|\[[^[]*\]|[^.[]+)$/)))
  }
}

/** Returns the path of a member: `api.port`, `models.aliases["gpt 4"]`. A very long name is cut. */
export function memberPath(path: string, key: string): string {
  const name = key.length > 40 ? `${key.slice(0, 40)}…` : key
  if (!/^[\p{L}\p{N}_$*-]+$/u.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}
