import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { statusOfCode } from '../../../src/domain/errors.ts'
import { at, entriesAt, textAt } from '../../support/json.ts'
import { framesOf } from '../../support/sse-frames.ts'
import type { ConnectionReply } from './connection.ts'

interface Documented {
  readonly method: string
  readonly path: RegExp
  readonly contentType: string
  readonly validate: ValidateFunction
}

/** Fails where a reply is not what the OpenAPI document says of the operation, or of errors. */
export type ReplyCheck = (method: string, target: string, reply: ConnectionReply) => void

/** Makes the check of an OpenAPI document. */
export function replyCheck(document: unknown): ReplyCheck {
  const ajv = new Ajv2020({ strict: false, logger: false })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  ajv.addSchema(Object(document), 'api')
  const isError = ajv.compile({ $ref: 'api#/components/schemas/Error' })
  const documented = entriesAt(document, 'paths').flatMap(([path, item]) =>
    entriesAt(item).flatMap(([method, operation]) =>
      entriesAt(operation, 'responses', '200', 'content').map(
        ([contentType, media]): Documented => ({
          method: method.toUpperCase(),
          path: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
          contentType,
          validate: ajv.compile(withRoot(at(media, 'schema'))),
        }),
      ),
    ),
  )
  return (method, target, reply) => {
    const { status, headers, body } = reply
    assert.match(headers.get('x-request-id') ?? '', /^[A-Za-z0-9_.-]{1,128}$/)
    assert.ok(status < 500, `status ${status}`)
    if (method === 'HEAD' || status === 204) {
      assert.equal(body, '')
      return
    }
    if (status !== 200) {
      checkError(status, headers, body, isError)
      return
    }
    const path = decodeURI(target.replace(/^http:\/\/[^/]*/, '').replace(/[?#].*$/s, ''))
    const operation = documented.find((known) => known.method === method && known.path.test(path))
    assert.ok(operation, `200 for what is not documented: ${method} ${path}`)
    assert.equal(headers.get('content-type'), `${operation.contentType}; charset=utf-8`)
    for (const value of valuesIn(operation.contentType, body)) {
      assert.ok(
        operation.validate(value),
        `${ajv.errorsText(operation.validate.errors)}: ${JSON.stringify(value)}`,
      )
    }
  }
}

function checkError(status: number, headers: Headers, body: string, isError: ValidateFunction): void {
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  const error: unknown = JSON.parse(body)
  assert.ok(isError(error), body)
  assert.equal(textAt(error, 'requestId'), headers.get('x-request-id'))
  assert.equal(
    Object.entries(statusOfCode).find(([code]) => code === textAt(error, 'error'))?.[1],
    status,
    body,
  )
}

function valuesIn(contentType: string, body: string): readonly unknown[] {
  if (contentType === 'text/html') return [body]
  if (contentType === 'application/json') return [JSON.parse(body)]
  const frames = framesOf(body).map(({ data }) => data)
  const last = frames.at(-1)
  assert.ok(['done', 'error'].includes(textAt(last, 'type')), 'a stream ends with done or error')
  // An error that came after the first token has no status of its own.
  const code = at(last, 'error')
  const status = Object.entries(statusOfCode).find(([known]) => known === code)?.[1] ?? 200
  assert.ok(status < 500, `a stream that ended with ${String(code)}`)
  return frames
}

// A reference inside of the document means the document.
function withRoot(schema: unknown): object {
  return JSON.parse(JSON.stringify(schema ?? {}).replaceAll('"$ref":"#/', '"$ref":"api#/'))
}
