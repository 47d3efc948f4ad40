import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { at, entriesAt, numberAt, textAt } from './json.ts'
import type { RawReply } from './raw-http.ts'

const members = new Set(['error', 'message', 'requestId', 'retryAfter', 'details'])
const secretsAndInsides = [
  /node_modules/,
  /\bat (?:async )?\S+ \(/,
  /\.(?:ts|js|sql|db):?\d*\b/,
  /\bSELECT |\bINSERT |sqlite/i,
  /oc_tok_[0-9A-Za-z]{6}/,
  /sk-(?:ant|proj)-/,
]

/**
 * Fails the test where a reply is not the error that it should be: its status, its code, a sentence, one request id in body and header,
 * and nothing of the gateway's insides. Returns the parsed body.
 */
export async function expectError(
  reply: Response | RawReply,
  status: number,
  code: string,
): Promise<unknown> {
  const text = typeof reply.body === 'string' ? reply.body : await textOf(reply)
  assert.equal(reply.status, status, text)
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
  const body: unknown = JSON.parse(text)
  checkErrorBody(body, code)
  assert.equal(reply.headers.get('x-request-id'), textAt(body, 'requestId'))
  const retryAfter = at(body, 'retryAfter')
  assert.equal(reply.headers.get('retry-after'), retryAfter === undefined ? null : String(retryAfter))
  return body
}

/** Fails the test where a parsed error, the body of a reply or a stream's frame, is not well formed or tells too much. */
export function checkErrorBody(body: unknown, code: string): void {
  const text = JSON.stringify(body)
  assert.equal(at(body, 'error'), code, text)
  assert.deepEqual(
    entriesAt(body)
      .map(([name]) => name)
      .filter((name) => !members.has(name) && name !== 'type'),
    [],
  )
  assert.match(textAt(body, 'message'), /^\S.{8,}\S$/su)
  assert.match(textAt(body, 'requestId'), /^[A-Za-z0-9_.-]{1,128}$/)
  if (at(body, 'retryAfter') !== undefined) {
    assert.ok(Number.isInteger(numberAt(body, 'retryAfter')) && numberAt(body, 'retryAfter') >= 1)
  }
  for (const pattern of secretsAndInsides) assert.doesNotMatch(text, pattern)
  for (const folder of [process.cwd(), tmpdir()]) assert.ok(!text.includes(`${folder}/`), text)
}

async function textOf(reply: Response | RawReply): Promise<string> {
  return 'text' in reply ? await reply.text() : reply.body
}
