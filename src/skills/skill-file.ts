import { Unreadable } from './text-file.ts'

/** What a SKILL.md says, by the Agent Skills format (https://agentskills.io/specification). */
export interface SkillFile {
  readonly name: string
  readonly description: string
  /** Programs and environment variables that must be there: `metadata.openclaw.requires`. */
  readonly requires: { readonly bins: readonly string[]; readonly env: readonly string[] }
  /** The instructions, without the frontmatter. */
  readonly text: string
}

const frontmatterLengthMax = 16 * 1024
const descriptionLengthMax = 1024
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/

/** Reads the text of a SKILL.md. Rejects with {@link Unreadable} for what is none. */
export async function parseSkillFile(text: string): Promise<SkillFile> {
  const { yaml, body } = split(text)
  if (yaml.length > frontmatterLengthMax)
    throw new Unreadable(`has a frontmatter of more than ${frontmatterLengthMax} characters`)
  const fields = await parseYaml(yaml)
  const name = textIn(fields, 'name')
  if (!namePattern.test(name))
    throw new Unreadable('has a name that is not 1 to 64 letters, digits and hyphens')
  const description = textIn(fields, 'description')
  if (description.length > descriptionLengthMax)
    throw new Unreadable(`has a description of more than ${descriptionLengthMax} characters`)
  if (body.trim() === '') throw new Unreadable('has no instructions below its frontmatter')
  return {
    name,
    description: description.replaceAll(/\s+/g, ' '),
    requires: requirementsIn(fields),
    text: body.trim(),
  }
}

function split(text: string): { readonly yaml: string; readonly body: string } {
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  const end = lines.findIndex((line, at) => at > 0 && line.trimEnd() === '---')
  if (lines[0]?.trimEnd() !== '---' || end === -1)
    throw new Unreadable('does not begin with a frontmatter between two lines of ---')
  return { yaml: lines.slice(1, end).join('\n'), body: lines.slice(end + 1).join('\n') }
}

type Fields = Readonly<Record<string, unknown>>

// The parser is loaded where there is something to parse.
async function parseYaml(yaml: string): Promise<Fields> {
  const { parse } = await import('yaml')
  let fields: unknown
  try {
    fields = parse(yaml, { maxAliasCount: 10, logLevel: 'error' })
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : '').split('\n')
    throw new Unreadable(`has a frontmatter that is no YAML: ${line.slice(0, 200).replace(/[:.]$/, '')}`)
  }
  if (!isFields(fields)) throw new Unreadable('has a frontmatter without fields')
  return fields
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  if (value === undefined || value === null) throw new Unreadable(`has no ${name}`)
  if (typeof value !== 'string') throw new Unreadable(`has a ${name} that is no text`)
  if (value.trim() === '') throw new Unreadable(`has an empty ${name}`)
  return value.trim()
}

function requirementsIn(fields: Fields): SkillFile['requires'] {
  const metadata = isFields(fields.metadata) ? fields.metadata : {}
  const own = isFields(metadata.openclaw) ? metadata.openclaw : {}
  const requires = own.requires ?? {}
  if (!isFields(requires))
    throw new Unreadable('has metadata.openclaw.requires that is no list of bins and env')
  return {
    bins: namesIn(requires, 'bins', /^[^/\\\0]{1,100}$/),
    env: namesIn(requires, 'env', /^[A-Za-z_]\w{0,99}$/),
  }
}

function namesIn(requires: Fields, field: string, pattern: RegExp): readonly string[] {
  const value = requires[field] ?? []
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  return names.map((name) => {
    if (typeof name === 'string' && pattern.test(name)) return name
    throw new Unreadable(`has metadata.openclaw.requires.${field} that is no list of names`)
  })
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
