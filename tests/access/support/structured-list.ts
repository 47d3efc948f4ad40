/** One member of a structured-field list: a string with integer parameters. */
export interface ListMember {
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
}

const member = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"((?:; *[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)/
const parameter = /; *([a-z*][a-z0-9_.*-]*)=(-?\d{1,15})/g

/**
 * Reads a header as a List (RFC 9651, section 4.2.1) of Strings with Integer parameters, which draft-ietf-httpapi-ratelimit-headers-10
 * says that `RateLimit` and `RateLimit-Policy` are. Throws where it is anything else.
 */
export function parseStructuredList(text: string | null): readonly ListMember[] {
  if (text === null || text === '') throw new Error('the header is missing')
  const members: ListMember[] = []
  for (let rest = text; ; ) {
    const match = member.exec(rest)
    if (match === null)
      throw new Error(`no member of a list: ${JSON.stringify(rest)} in ${JSON.stringify(text)}`)
    const [whole, name = '', parameters = ''] = match
    const pairs = [...parameters.matchAll(parameter)].map(([, key = '', value]): [string, number] => [
      key,
      Number(value),
    ])
    if (new Set(pairs.map(([key]) => key)).size < pairs.length)
      throw new Error(`a parameter stands twice: ${text}`)
    members.push({ name, parameters: Object.fromEntries(pairs) })
    rest = rest.slice(whole.length)
    if (rest === '') return members
    const comma = /^[ \t]*,[ \t]*/.exec(rest)?.[0]
    if (comma === undefined || comma.length === rest.length)
      throw new Error(`no list: ${JSON.stringify(text)}`)
    rest = rest.slice(comma.length)
  }
}
