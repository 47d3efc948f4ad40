import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { webhookEvents } from '../src/http/schemas/webhook-events.ts'
import { webhookExamples } from '../src/http/schemas/webhook-examples.ts'

/** Where the page stands in the repository. */
export const eventPageFile: string = join(import.meta.dirname, '..', 'docs', 'reference', 'events.md')

/** Returns the page on webhook events, made from the schemas that the API reference shows. */
export function eventPage(): string {
  const events = Object.entries(webhookEvents)
  const index = events.map(([name, { summary }]) => `| [\`${name}\`](#${anchorOf(name)}) | ${summary} |`)
  return `${[intro, ['| event | when |', '| --- | --- |', ...index].join('\n'), ...events.map(section)].join('\n\n')}\n`
}

const intro = `# Webhook events

<!-- Made from the schemas by scripts/generate-event-page.ts. Do not edit: run "npm run reference". -->

What is in each event that the gateway posts to your application. How to receive, verify and replay them: [Webhooks](../webhooks.md).

Every event is an object with these members; new ones may come, so pass over what you do not know.

| member | |
| --- | --- |
| \`event\`, \`type\` | its name, twice: one for our users, one for Standard Webhooks |
| \`id\` | \`evt_…\`, the same on every attempt and in the header \`webhook-id\`: act once on each |
| \`timestamp\` | when it happened, ISO 8601, UTC |
| \`data\` | what is told, below |
| \`signature\` | \`sha256=…\`, where the endpoint has a secret |

The examples are indented to be read; what is sent, and signed, is one line without blanks.`

interface EventWords {
  readonly summary: string
  readonly data: unknown
}

interface Node {
  readonly [key: string]: unknown
}

function section([name, { data, summary }]: readonly [name: string, event: EventWords]): string {
  const example: unknown = JSON.parse(webhookExamples[name] ?? 'null')
  const rows = rowsOf(data, '')
  return `## ${name}

${summary}

${['| in `data` | is | |', '| --- | --- | --- |', ...rows].join('\n')}

\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\``
}

function rowsOf(schema: unknown, path: string): readonly string[] {
  if (!isNode(schema)) return []
  const [inner] = objectsOf(schema)
  if (!inner || !isNode(inner.properties)) return []
  return Object.entries(inner.properties).flatMap(([key, property]) => [
    `| \`${path}${key}\` | ${wordsOf(property)} | ${descriptionOf(property)} |`,
    ...rowsOf(property, `${path}${key}.`),
  ])
}

function objectsOf(schema: Node): readonly Node[] {
  if (schema.type === 'object') return [schema]
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isNode).flatMap(objectsOf) : []
}

function wordsOf(schema: unknown): string {
  if (!isNode(schema)) return 'anything'
  if ('const' in schema) return `\`${JSON.stringify(schema.const)}\``
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map(wordsOf).join(' or ')
  if (schema.type === 'array') return `a list of ${wordsOf(schema.items)}s`
  return schema.format === 'date-time' ? 'time' : String(schema.type)
}

function descriptionOf(schema: unknown): string {
  if (!isNode(schema)) return ''
  if (typeof schema.description === 'string') return schema.description.replaceAll('|', '\\|')
  const inner = Array.isArray(schema.anyOf) ? schema.anyOf.map(descriptionOf).find((text) => text !== '') : ''
  return inner ?? ''
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function anchorOf(name: string): string {
  return name.replaceAll('.', '')
}

if (import.meta.main) writeFileSync(eventPageFile, eventPage())
