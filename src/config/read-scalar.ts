import type { StringNode, ValueNode } from '@humanwhocodes/momoa'
import { closestName } from '../domain/closest-name.ts'
import { describeExpected, describeFound } from './describe.ts'
import { kinds } from './kinds.ts'
import { type Reading, refuse, report } from './reading.ts'
import type { SchemaNode } from './schema-node.ts'
import { substitute } from './substitute.ts'
import { placeOf } from './text-scan.ts'

/** Stands for a value that cannot be used; what is wrong with it has been reported. */
export const invalid = Symbol('invalid')

/** Reads a text, a number or a boolean. A variable that is the whole text may stand for a number or a boolean too. */
export function readScalar(schema: SchemaNode, node: ValueNode, path: string, reading: Reading): unknown {
  const secret = schema.secret === true
  if (node.type !== 'String') {
    const value = readLiteral(schema, node)
    if (value !== invalid) return value
    const found = describeFound(node, '', { secret, variables: [] })
    refuse(
      reading,
      node,
      path,
      `found ${found}; expected ${describeExpected(schema)}.${quoteIt(schema, node)}`,
    )
    return invalid
  }
  const { text, variables, faults } = substitute(node.value, reading.env)
  if (reading.unset !== null && faults.length > 0 && faults.every(({ unset }) => unset !== undefined)) {
    for (const { unset = '' } of faults) reading.unset.push({ path, variable: unset, text: node.value })
    return schema.type === 'string' && schema.enum === undefined ? node.value : invalid
  }
  let from = 0
  for (const { marker, sentence } of faults) {
    const offset = offsetOfMarker(reading.text, node, marker, from)
    from = offset + marker.length
    report(reading, 'error', placeOf(reading.text, offset), path, sentence)
  }
  if (faults.length > 0) return invalid
  if (secret && variables.length === 0 && !text.startsWith('sha256:') && !isPlainAddress(text))
    reading.plainSecrets.push(path)
  const value = readText(schema, text, /^\$\{\w+\}$/.test(node.value), reading)
  if (value !== invalid) return value
  const found = describeFound(node, text, { secret, variables })
  const meant = secret || variables.length > 0 ? '' : meantBy(schema, text)
  refuse(reading, node, path, `found ${found}; expected ${describeExpected(schema)}.${meant}`)
  return invalid
}

function readLiteral(schema: SchemaNode, node: ValueNode): unknown {
  if (node.type === 'Boolean') return schema.type === 'boolean' ? node.value : invalid
  if (node.type !== 'Number') return invalid
  if (schema.type === 'integer' || schema.type === 'number')
    return inBounds(schema, node.value) ? node.value : invalid
  if (schema.orNumber !== true || !Number.isSafeInteger(node.value)) return invalid
  return readString(schema, String(node.value), { base: '', home: '' })
}

function readText(schema: SchemaNode, text: string, isVariable: boolean, reading: Reading): unknown {
  if (schema.type === 'boolean') {
    return isVariable && (text === 'true' || text === 'false') ? text === 'true' : invalid
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const value =
      schema.kind === undefined
        ? numberOf(isVariable ? text : '')
        : kinds[schema.kind].read(text, reading.folders)
    return typeof value === 'number' && inBounds(schema, value) ? value : invalid
  }
  return readString(schema, text, reading.folders)
}

function readString(schema: SchemaNode, text: string, folders: Reading['folders']): unknown {
  if (schema.enum !== undefined) return schema.enum.includes(text) ? text : invalid
  const { minLength = 0, maxLength = 4096, pattern, kind } = schema
  if (text.length < minLength || text.length > maxLength || text.includes('\0') || !text.isWellFormed())
    return invalid
  if (pattern !== undefined && !new RegExp(pattern).test(text)) return invalid
  return kind === undefined ? text : (kinds[kind].read(text, folders) ?? invalid)
}

function inBounds(schema: SchemaNode, value: number): boolean {
  if (!Number.isFinite(value) || (schema.type === 'integer' && !Number.isSafeInteger(value))) return false
  const { minimum = value, maximum = value, exclusiveMinimum } = schema
  return value >= minimum && value <= maximum && (exclusiveMinimum === undefined || value > exclusiveMinimum)
}

function numberOf(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined
}

function meantBy(schema: SchemaNode, text: string): string {
  const known = (schema.enum ?? []).filter((value) => typeof value === 'string')
  const meant = closestName(text, known)
  return meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`
}

// Numbers above 2^53 have lost their last digits by the time that they are read.
function quoteIt(schema: SchemaNode, node: ValueNode): string {
  return node.type === 'Number' && schema.type === 'string' ? ' Put it in quotes.' : ''
}

function offsetOfMarker(text: string, node: StringNode, marker: string, from: number): number {
  const { start, end } = node.loc
  const offset = text.indexOf(marker, Math.max(from, start.offset))
  return offset === -1 || offset >= end.offset ? start.offset : offset
}

// An address can hold a secret in its query, or before its host; a path alone is taken for none.
function isPlainAddress(text: string): boolean {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return false
  const { username, password, search } = new URL(text)
  return username === '' && password === '' && search === ''
}
