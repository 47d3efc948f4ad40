import { GatewayError } from '../domain/errors.ts'

const depthMax = 64
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body (RFC 8259). A member that is null counts as absent. Throws `invalid_request` for a text that is no UTF-8, holds a
 * NUL byte, is no JSON object, or nests deeper than 64 levels. `example` makes a body that the route takes.
 */
export function parseBody(bytes: Buffer, example: () => string): Record<string, unknown> {
  const value = parse(decode(bytes), example)
  if (!isObject(value)) {
    throw new GatewayError('invalid_request', `The body must be a JSON object, for example ${example()}.`)
  }
  for (const [name, member] of Object.entries(value)) {
    if (name.includes('\0')) refuseNul('A name')
    else if (member === null) delete value[name]
    else if (typeof member === 'object') refuseDeep(member)
    else if (typeof member === 'string' && member.includes('\0')) refuseNul(name)
  }
  return value
}

function decode(bytes: Buffer): string {
  if (bytes.includes(0)) throw new GatewayError('invalid_request', 'The body holds a NUL byte. Leave it out.')
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new GatewayError('invalid_request', 'The body is not valid UTF-8. Encode it as UTF-8.', { cause })
  }
}

function parse(text: string, example: () => string): unknown {
  if (text.trim() === '') {
    throw new GatewayError(
      'invalid_request',
      `The body is empty. Send a JSON object, for example ${example()}.`,
    )
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const where = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
    const place = where === undefined ? '' : ` (at character ${where})`
    throw new GatewayError(
      'invalid_request',
      `The body is not valid JSON${place}. Check quotes, commas and brackets.`,
      { cause },
    )
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Level by level, so that no depth can overflow the stack.
function refuseDeep(root: object): void {
  let level: object[] = [root]
  for (let depth = 2; level.length > 0; depth++) {
    if (depth > depthMax) {
      throw new GatewayError(
        'invalid_request',
        `The body nests deeper than ${depthMax} levels. Make it flatter.`,
      )
    }
    const next: object[] = []
    for (const node of level) {
      for (const [name, child] of Object.entries(node)) {
        if (name.includes('\0')) refuseNul('A name')
        else if (typeof child === 'object' && child !== null) next.push(child)
        else if (typeof child === 'string' && child.includes('\0')) refuseNul(name)
      }
    }
    level = next
  }
}

function refuseNul(field: string): never {
  throw new GatewayError(
    'invalid_request',
    `${field.slice(0, 64)} holds a NUL character (\\u0000). Leave it out.`,
    {
      details: { field: field.slice(0, 64) },
    },
  )
}
