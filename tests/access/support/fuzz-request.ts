import fc, { type Arbitrary } from 'fast-check'
import { at, entriesAt, listAt, textAt } from '../../support/json.ts'
import {
  conversationIds,
  hostileHeaders,
  hostileTargets,
  hostileTexts,
  hostileValues,
  methods,
} from './hostile-values.ts'
import { valuesOf } from './schema-arbitrary.ts'

/** A request as it goes on the wire. */
export interface FuzzRequest {
  readonly method: string
  readonly target: string
  /** Whole lines; may be no well-formed ones. */
  readonly headers: readonly string[]
  readonly body: Buffer | null
}

/** The secrets that requests may carry. */
export interface FuzzTokens {
  readonly good: string
  /** Of a token that may only read. */
  readonly weak: string
}

/** What an operation of the document takes. */
interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters: readonly unknown[]
  readonly body: unknown
}

/** Makes requests to the operations of an OpenAPI document: ones that it allows, ones that it nearly allows, and hostile ones. */
export function fuzzRequests(document: unknown, tokens: FuzzTokens): Arbitrary<FuzzRequest> {
  const operations = entriesAt(document, 'paths').flatMap(([path, item]) =>
    entriesAt(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      parameters: listAt(operation, 'parameters'),
      body: at(operation, 'requestBody', 'content', 'application/json', 'schema'),
    })),
  )
  const valid = fc.oneof(...operations.map((operation) => validRequest(operation, tokens)))
  return fc.oneof(
    { arbitrary: valid, weight: 5 },
    { arbitrary: fc.oneof(...operations.map((operation) => nearlyValid(operation, tokens))), weight: 5 },
    {
      arbitrary: fc
        .tuple(valid, fc.array(fc.constantFrom(...twists(tokens)), { minLength: 1, maxLength: 2 }))
        .chain(([request, chosen]) =>
          chosen.reduce(
            (twisted: Arbitrary<FuzzRequest>, twist) => twisted.chain(twist),
            fc.constant(request),
          ),
        ),
      weight: 4,
    },
  )
}

function validRequest(operation: Operation, tokens: FuzzTokens): Arbitrary<FuzzRequest> {
  const body = operation.body === undefined ? fc.constant(undefined) : valuesOf(operation.body)
  return fc
    .tuple(targetOf(operation), body)
    .map(([target, value]) => requestOf(operation.method, target, tokens.good, value))
}

function nearlyValid(operation: Operation, tokens: FuzzTokens): Arbitrary<FuzzRequest> {
  const name = fc.oneof(
    fc.constantFrom('mesage', 'max_tokens', '__proto__', 'constructor', 'limit', ''),
    fc.string(),
  )
  const known =
    operation.body === undefined ? [] : entriesAt(operation.body, 'properties').map(([key]) => key)
  const member = fc.tuple(
    known.length > 0 ? fc.oneof(fc.constantFrom(...known), name) : name,
    fc.oneof(fc.constantFrom(...hostileValues), fc.jsonValue({ maxDepth: 3 })),
  )
  const value = operation.body === undefined ? fc.constant({}) : valuesOf(operation.body)
  const body = fc
    .tuple(value, fc.array(member, { minLength: 1, maxLength: 3 }))
    .map(([given, members]) =>
      JSON.stringify(Object.fromEntries([...Object.entries(Object(given)), ...members])),
    )
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('limit', 'cursor', 'channel', 'x', ''),
      fc.oneof(fc.constantFrom(...hostileTexts), fc.string()),
    ),
    { maxLength: 3 },
  )
  return fc.tuple(targetOf(operation), query, fc.oneof(body, fc.json())).map(([target, pairs, text]) => {
    const more = pairs
      .map(([key, of]) => `${encodeURIComponent(key)}=${encodeURIComponent(of.toWellFormed())}`)
      .join('&')
    const joined = more === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${more}`
    return requestOf(
      operation.method,
      joined,
      tokens.good,
      undefined,
      operation.body === undefined ? null : text,
    )
  })
}

/** Ways to spoil a request. */
function twists(tokens: FuzzTokens): readonly ((request: FuzzRequest) => Arbitrary<FuzzRequest>)[] {
  const other =
    (change: Partial<FuzzRequest>) =>
    (request: FuzzRequest): FuzzRequest => ({ ...request, ...change })
  return [
    (request) => fc.constantFrom(...methods).map((method) => other({ method })(request)),
    (request) => fc.constantFrom(...hostileTargets).map((target) => other({ target })(request)),
    (request) => fc.webPath().map((path) => other({ target: path === '' ? '/' : path })(request)),
    (request) =>
      fc
        .subarray([...hostileHeaders], { minLength: 1, maxLength: 3 })
        .map((headers) => other({ headers: [...request.headers, ...headers] })(request)),
    (request) =>
      fc
        .oneof(
          fc.constantFrom('', tokens.weak, `${tokens.good}x`, 'x y', '\xff'),
          fc.stringMatching(/^[!-~]{1,60}$/),
        )
        .map((secret) => ({
          ...request,
          headers: request.headers.map((line) =>
            line.startsWith('Authorization') ? `Authorization: Bearer ${secret}` : line,
          ),
        })),
    (request) =>
      fc.constant({
        ...request,
        headers: request.headers.filter((line) => !line.startsWith('Authorization')),
      }),
    (request) =>
      fc.constantFrom('localhost:1', '[::1]', 'evil.example', '', '127.0.0.1').map((host) => ({
        ...request,
        headers: request.headers.map((line) => (line.startsWith('Host') ? `Host: ${host}` : line)),
      })),
    (request) =>
      fc.uint8Array({ maxLength: 300 }).map((bytes) => other({ body: Buffer.from(bytes) })(request)),
    (request) =>
      fc.constantFrom('https://app.example', 'https://evil.example', 'null').map((origin) => ({
        ...request,
        method: 'OPTIONS',
        headers: ['Host: localhost', `Origin: ${origin}`, 'Access-Control-Request-Method: POST'],
      })),
    (request) => fc.nat(19).map((choice) => tooLarge(request, choice)),
    // Cut, or with one byte changed.
    (request) =>
      fc.tuple(fc.nat(), fc.nat(255), fc.boolean()).map(([place, byte, isCut]) => {
        if (request.body === null || request.body.length === 0) return request
        const at = place % request.body.length
        if (isCut) return other({ body: request.body.subarray(0, at) })(request)
        const body = Buffer.from(request.body)
        body[at] = byte
        return other({ body })(request)
      }),
  ]
}

// Seldom, since it is much to send: a body, or headers, above what is taken.
function tooLarge(request: FuzzRequest, choice: number): FuzzRequest {
  if (choice === 0) return { ...request, body: Buffer.alloc(1_100_000, 'a') }
  if (choice === 1) return { ...request, headers: [...request.headers, `X-Long: ${'a'.repeat(20_000)}`] }
  return { ...request, target: `${request.target}?${'x=y&'.repeat(100)}` }
}

function targetOf({ path, parameters }: Operation): Arbitrary<string> {
  const inPath = parameters.filter((parameter) => at(parameter, 'in') === 'path')
  const inQuery = parameters.filter((parameter) => at(parameter, 'in') === 'query')
  const ids = fc.tuple(
    ...inPath.map((parameter) =>
      fc.oneof(fc.constantFrom(...conversationIds), valuesOf(at(parameter, 'schema'))),
    ),
  )
  const pairs = fc.tuple(
    ...inQuery.map((parameter) => fc.option(valuesOf(at(parameter, 'schema')), { freq: 2, nil: undefined })),
  )
  return fc.tuple(ids, pairs).map(([given, values]) => {
    const filled = inPath.reduce<string>(
      (text, parameter, i) => text.replace(`{${textAt(parameter, 'name')}}`, () => encoded(given[i])),
      path,
    )
    const query = inQuery.flatMap((parameter, i) =>
      values[i] === undefined ? [] : [`${textAt(parameter, 'name')}=${encoded(values[i])}`],
    )
    return query.length === 0 ? filled : `${filled}?${query.join('&')}`
  })
}

function encoded(value: unknown): string {
  return encodeURIComponent(String(value).toWellFormed())
}

function requestOf(
  method: string,
  target: string,
  secret: string,
  value: unknown,
  text: string | null = null,
): FuzzRequest {
  const body = value === undefined ? text : JSON.stringify(tame(value))
  return {
    method,
    target,
    headers: [
      'Host: localhost',
      `Authorization: Bearer ${secret}`,
      ...(body === null ? [] : ['Content-Type: application/json']),
    ],
    body: body === null ? null : Buffer.from(tameText(body)),
  }
}

// Most chats go on with one of a few conversations, by the one model that there is; some say what the demo model does more for.
function tame(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('message' in value))
    return value
  const text = JSON.stringify(value)
  const choice = text.length % 8
  const own: Record<string, unknown> = { ...value }
  if (choice < 6) delete own.model
  if (choice < 4 && 'conversationId' in own) own.conversationId = conversationIds[choice]
  if (choice === 1) own.message = 'help'
  if (choice === 2) own.maxTokens = 50
  return own
}

/** Keeps a body from asking the demo model to fail as a provider does, or to be slow: both are what it is there for. */
function tameText(body: string): string {
  return body.replace(/("message":\s*")(\s*(?:error|slow)\b)/gi, '$1no $2')
}

/** Returns a request as bytes. */
export function wireOf({ method, target, headers, body }: FuzzRequest): Buffer {
  const length = body === null ? [] : [`Content-Length: ${body.length}`]
  const head = `${method} ${target} HTTP/1.1\r\n${[...headers, ...length].join('\r\n')}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)])
}
