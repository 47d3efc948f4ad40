import { pick } from './check-answer.ts'
import { plainQuestion } from './figures.ts'
import { textOf } from './question.ts'
import type { Target } from './subjects.ts'

/**
 * Proves that ours does the whole of its work before its speed is measured: a wrong token is refused, and a turn stands in the store
 * with both its messages. Throws where it does less.
 */
export async function verifyOurs(target: Target): Promise<void> {
  const root = `http://127.0.0.1:${target.port}`
  const [head = '', body = ''] = target.request(plainQuestion).toString().split('\r\n\r\n')
  const authorization = /authorization: (.+)/.exec(head)?.[1] ?? ''
  const headers = { 'content-type': 'application/json', authorization }
  const chat = { method: 'POST', body, signal: AbortSignal.timeout(10_000) }
  const refused = await fetch(`${root}/api/v1/chat`, {
    ...chat,
    headers: { ...headers, authorization: `${authorization}x` },
  })
  await refused.body?.cancel()
  if (refused.status !== 401) throw new Error(`A wrong token was answered ${refused.status} instead of 401.`)
  const asked: unknown = await (await fetch(`${root}/api/v1/chat`, { ...chat, headers })).json()
  const id = pick(asked, 'conversationId')
  const read = await fetch(`${root}/api/v1/conversations/${id}`, {
    headers,
    signal: AbortSignal.timeout(10_000),
  })
  const stored: unknown = await read.json()
  if (pick(stored, 'messages', 1, 'content') !== textOf(plainQuestion.chunks)) {
    throw new Error(`The turn is not in the store: ${JSON.stringify(stored).slice(0, 300)}`)
  }
}
