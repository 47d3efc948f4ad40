import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChatBody, ChatReply, SendReply, StreamFrame } from '../src/http/schemas/chat.ts'
import {
  ConversationReply,
  ConversationSchema,
  ConversationsReply,
  MessageSchema,
} from '../src/http/schemas/conversations.ts'
import { HealthDetailReply, HealthReply } from '../src/http/schemas/health.ts'
import { ModelsReply, SkillsReply } from '../src/http/schemas/models.ts'
import { UsageReply } from '../src/http/schemas/usage.ts'

/** Where the types stand in the repository. */
export const clientTypesFile: string = join(
  import.meta.dirname,
  '..',
  'clients',
  'node',
  'src',
  'api-types.ts',
)

/** Returns the TypeScript types of the Node client, made from the schemas that the gateway validates with. */
export function clientTypes(): string {
  const done = StreamFrame.anyOf.filter((frame) => !names(frame).includes('error'))
  const types: readonly (readonly [name: string, schema: unknown])[] = [
    ['ChatRequest', ChatBody],
    ['ChatReply', ChatReply],
    ['StreamEvent', { ...StreamFrame, anyOf: done }],
    ['SendReply', SendReply],
    ['Conversation', ConversationSchema],
    ['ConversationPage', ConversationsReply],
    ['Message', MessageSchema],
    ['MessagePage', ConversationReply],
    ['ModelList', ModelsReply],
    ['Model', ModelsReply.properties.data.items],
    ['Skill', SkillsReply.properties.data.items],
    ['UsageRow', UsageReply.properties.data.items],
    ['Health', HealthReply],
    ['HealthDetail', HealthDetailReply],
  ]
  const texts = types.map(([name, schema]) => {
    const text = typeOf(schema, '')
    // What may be given as null is as good as absent.
    return `${comment(schema, '')}export type ${name} = ${name === 'ChatRequest' ? text.replaceAll('?: ', '?: null | undefined | ') : text}\n`
  })
  return `// Made by \`npm run reference\` from the schemas that the gateway validates with. Do not edit.\n\n${texts.join('\n')}`
}

interface Node {
  readonly [key: string]: unknown
}

function typeOf(schema: unknown, indent: string): string {
  if (!isNode(schema)) return 'unknown'
  if ('const' in schema) return literal(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(' | ')
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((each) => typeOf(each, indent)).join(' | ')
  switch (schema.type) {
    case 'string':
      return 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array': {
      const items = typeOf(schema.items, indent)
      return items.includes(' | ') && !items.startsWith('{') ? `readonly (${items})[]` : `readonly ${items}[]`
    }
    case 'object':
      return objectOf(schema, indent)
    default:
      return 'unknown'
  }
}

function objectOf(schema: Node, indent: string): string {
  const { properties, patternProperties, required } = schema
  if (isNode(patternProperties)) {
    const [values] = Object.values(patternProperties)
    return `{ readonly [key: string]: ${typeOf(values, indent)} }`
  }
  if (!isNode(properties)) return '{ readonly [key: string]: unknown }'
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  const inner = `${indent}  `
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = needed.includes(name) ? '' : '?'
    return `${comment(property, inner)}${inner}readonly ${name}${mark}: ${typeOf(property, inner)}\n`
  })
  return `{\n${members.join('')}${indent}}`
}

function comment(schema: unknown, indent: string): string {
  const text = isNode(schema) ? schema.description : undefined
  return typeof text === 'string' ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : ''
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function names(schema: unknown): readonly string[] {
  if (!isNode(schema) || !isNode(schema.properties)) return []
  const { type } = schema.properties
  return isNode(type) && typeof type.const === 'string' ? [type.const] : []
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

if (import.meta.main) writeFileSync(clientTypesFile, clientTypes())
