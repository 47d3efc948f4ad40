import type { ArrayNode, MemberNode, ObjectNode, ValueNode } from '@humanwhocodes/momoa'
import { describeExpected, describeFound } from './describe.ts'
import { invalid, readScalar } from './read-scalar.ts'
import { memberPath, notePlace, type Reading, refuse } from './reading.ts'
import { recordValues, type SchemaNode } from './schema-node.ts'
import { unknownKey } from './unknown-key.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * Reads a value by its schema, fills in defaults, and notes everything that is wrong with it. Returns {@link invalid} where nothing of
 * use is left; an invalid part with a default is replaced by that, so that the rest can still be checked.
 */
export function readValue(
  schema: SchemaNode,
  node: ValueNode,
  path: string,
  reading: Reading,
  preset?: Values,
): unknown {
  notePlace(reading, path, node)
  if (schema.type === 'array') return readList(schema, node, path, reading)
  if (schema.type !== 'object') return readScalar(schema, node, path, reading)
  if (node.type !== 'Object') return mismatch(schema, node, path, reading)
  return recordValues(schema) === undefined
    ? readObject(schema, node, path, reading, preset)
    : readRecord(schema, node, path, reading)
}

/** Reads an object, or, without a node, makes the one that the defaults describe. */
export function readObject(
  schema: SchemaNode,
  node: ObjectNode | undefined,
  path: string,
  reading: Reading,
  preset: Values = {},
): unknown {
  const members = membersOf(node, path, reading)
  for (const [key, member] of members) {
    if (!Object.hasOwn(schema.properties ?? {}, key)) unknownKey(schema, key, member, path, reading)
  }
  const result: Record<string, unknown> = {}
  let usable = true
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const childPath = memberPath(path, key)
    const member = members.get(key)
    const required = schema.required?.includes(key) === true
    let value = member === undefined ? invalid : readValue(child, member.value, childPath, reading)
    if (value === invalid) value = preset[key] ?? defaultOf(child, childPath, reading)
    if (value !== undefined) {
      result[key] = value
    } else if (required) {
      usable = false
      if (member === undefined && node !== undefined) {
        refuse(reading, node, childPath, `is missing; expected ${describeExpected(child)}.`)
      }
    }
  }
  reading.paths.set(result, path)
  return usable ? result : invalid
}

// Without a prototype, so that no name that a caller asks for finds more than the file holds.
function readRecord(schema: SchemaNode, node: ObjectNode, path: string, reading: Reading): unknown {
  const values = recordValues(schema) ?? {}
  const result: Record<string, unknown> = Object.create(null)
  const members = membersOf(node, path, reading)
  if (members.size > (schema.maxProperties ?? members.size)) {
    refuse(reading, node, path, `found ${members.size} entries; expected at most ${schema.maxProperties}.`)
  }
  for (const [key, member] of members) {
    const childPath = memberPath(path, key)
    if (schema.keys !== undefined && !new RegExp(schema.keys.pattern).test(key)) {
      refuse(reading, member.name, childPath, `this name cannot be; expected ${schema.keys.expected}.`)
    }
    const preset = Object.hasOwn(schema.presets ?? {}, key) ? schema.presets?.[key] : undefined
    const value = readValue(values, member.value, childPath, reading, preset)
    if (value !== invalid) result[key] = value
  }
  return result
}

function readList(schema: SchemaNode, node: ValueNode, path: string, reading: Reading): unknown {
  const items = schema.items ?? {}
  if (node.type !== 'Array') {
    if (schema.orSingle !== true) return mismatch(schema, node, path, reading)
    const value = readValue(items, node, path, reading)
    return value === invalid ? invalid : [value]
  }
  checkLength(schema, node, path, reading)
  return node.elements
    .slice(0, schema.maxItems)
    .map((element, index) => readValue(items, element.value, `${path}[${index}]`, reading))
    .filter((value) => value !== invalid)
}

function checkLength(schema: SchemaNode, node: ArrayNode, path: string, reading: Reading): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema
  const { length } = node.elements
  if (length < minItems) {
    refuse(
      reading,
      node,
      path,
      `found an empty list; expected at least one: ${describeExpected(schema.items ?? {})}.`,
    )
  } else if (length > maxItems) {
    refuse(reading, node, path, `found ${length} entries; expected at most ${maxItems}.`)
  }
}

function defaultOf(schema: SchemaNode, path: string, reading: Reading): unknown {
  if (schema.default === undefined || schema.type !== 'object') return structuredClone(schema.default)
  return recordValues(schema) === undefined
    ? readObject(schema, undefined, path, reading)
    : Object.create(null)
}

function membersOf(node: ObjectNode | undefined, path: string, reading: Reading): Map<string, MemberNode> {
  const members = new Map<string, MemberNode>()
  for (const member of node?.members ?? []) {
    const key = member.name.type === 'String' ? member.name.value : member.name.name
    const earlier = members.get(key)
    if (earlier !== undefined) {
      const sentence = `stands twice; the first one is on line ${earlier.loc.start.line}.`
      refuse(reading, member.name, memberPath(path, key), sentence)
    } else if (key === '__proto__') {
      refuse(reading, member.name, memberPath(path, key), 'this name cannot be used.')
    } else {
      members.set(key, member)
    }
  }
  return members
}

function mismatch(schema: SchemaNode, node: ValueNode, path: string, reading: Reading): typeof invalid {
  const text = node.type === 'String' ? node.value : ''
  const found = describeFound(node, text, { secret: schema.items?.secret === true, variables: [] })
  refuse(reading, node, path, `found ${found}; expected ${describeExpected(schema)}.`)
  return invalid
}
