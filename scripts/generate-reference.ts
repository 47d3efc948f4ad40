import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeExpected, sizeText } from '../src/config/describe.ts'
import { ConfigSchema } from '../src/config/schema.ts'
import { recordValues, type SchemaNode } from '../src/config/schema-node.ts'

/** Where the page stands in the repository. */
export const configReferenceFile: string = join(import.meta.dirname, '..', 'docs', 'reference', 'config.md')

/** Returns the page on the config file, made from its schema alone. */
export function configReference(): string {
  const root: SchemaNode = ConfigSchema
  const sections = Object.entries(root.properties ?? {}).map(([name, schema]) => section(name, schema))
  return `${[intro, ...sections].join('\n\n')}\n`
}

const intro = `# Config file

<!-- Made from the schema by scripts/generate-reference.ts. Do not edit: run "npm run reference". -->

The config file is [JSON5](https://json5.org): JSON with comments, trailing commas, single quotes and keys without quotes. It is read from
the first of \`--config FILE\`, the variable \`OPENCLAW_CONFIG\`, and \`openclaw/openclaw.json5\` in \`$XDG_CONFIG_HOME\` (\`~/.config\`).
\`openclaw config path\` prints where that is, and \`openclaw config validate\` checks the file. Without a file everything has its default.

- \`\${NAME}\` in any text is the environment variable \`NAME\`; one that is not set is an error. Where \`\${NAME}\` is the whole text it may
  also stand for a number, \`true\` or \`false\`. Write \`$\${\` for a plain \`\${\`.
- Relative paths start at the config file's folder, and \`~/\` is the home folder.
- A value that cannot be is refused before anything starts, with file, line and column, what was found and what is expected. An unknown key
  is a warning, with the key that was meant.
- \`null\` is no value: leave a key out to have its default.
- Data and logs are kept in \`OPENCLAW_STATE_DIR\`, else in \`openclaw\` in \`$XDG_STATE_HOME\` (\`~/.local/state\`).
- The port is \`--port\`, else \`OPENCLAW_GATEWAY_PORT\`, else \`api.port\`.`

function section(name: string, schema: SchemaNode): string {
  const rows = rowsOf(name, schema)
  const table = ['| key | takes | default | |', '| --- | --- | --- | --- |', ...rows].join('\n')
  return [`## ${name}`, schema.description, table].filter((part) => part !== undefined).join('\n\n')
}

function rowsOf(path: string, schema: SchemaNode): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = `${path}.${key}`
    const needed = schema.required?.includes(key) === true && child.default === undefined
    const inner = innerRows(childPath, child)
    const ownRow = child.description === undefined && inner.length > 0 ? [] : [row(childPath, child, needed)]
    return [...ownRow, ...inner]
  })
}

function innerRows(path: string, schema: SchemaNode): readonly string[] {
  const values = recordValues(schema)
  if (values !== undefined) return rowsOf(`${path}.<name>`, values)
  return schema.items === undefined ? rowsOf(path, schema) : rowsOf(`${path}[]`, schema.items)
}

function row(path: string, schema: SchemaNode, needed: boolean): string {
  const description = `${schema.description ?? ''}${isSecret(schema) ? ' Never shown.' : ''}${presetsOf(schema)}`
  const unit = schema.unit === undefined ? '' : ` (${schema.unit})`
  return `| \`${path}\` | ${cell(takes(schema) + unit)} | ${needed ? 'must be given' : defaultOf(schema)} | ${cell(description)} |`
}

function takes(schema: SchemaNode): string {
  const values = recordValues(schema)
  if (values === undefined) return schema.type === 'object' ? 'an object' : describeExpected(schema)
  const each = values.type === 'object' ? 'objects' : describeExpected(values)
  const names = schema.keys === undefined ? '' : ` (${schema.keys.expected})`
  return `names${names} and ${each}`
}

function defaultOf(schema: SchemaNode): string {
  if (schema.default === undefined) return 'none'
  if (schema.kind === 'size') return `\`"${sizeText(Number(schema.default))}"\``
  return `\`${JSON.stringify(schema.default)}\``
}

function isSecret(schema: SchemaNode): boolean {
  return (schema.items ?? recordValues(schema) ?? schema).secret === true
}

function presetsOf(schema: SchemaNode): string {
  if (schema.presets === undefined) return ''
  const names = Object.entries(schema.presets).map(
    ([name, preset]) => `\`${name}\` (${Object.values(preset).join(', ')})`,
  )
  return ` Known by name, so that \`api\` and \`baseUrl\` may be left out: ${names.join('; ')}.`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) {
  mkdirSync(dirname(configReferenceFile), { recursive: true })
  writeFileSync(configReferenceFile, configReference())
}
