import assert from 'node:assert/strict'
import { type ReplyEvent, type ReplyInput, reply } from '../../src/domain/chat/reply.ts'
import type { Context, Parts } from '../../src/domain/context.ts'
import type { Message } from '../../src/domain/conversations/conversation.ts'
import { type ErrorCode, GatewayError } from '../../src/domain/errors.ts'
import type { ScriptedProvider } from './scripted-provider.ts'

/** Runs a turn to its end and returns all that it yielded. A stream with the message `Hi.` unless told otherwise. */
export async function turnOf(ctx: Context, input: Partial<ReplyInput> = {}): Promise<ReplyEvent[]> {
  const events: ReplyEvent[] = []
  for await (const event of reply(ctx, { message: 'Hi.', stream: true, ...input })) events.push(event)
  return events
}

/** The event of a kind in what a turn yielded. */
export function eventOf<T extends ReplyEvent['type']>(
  events: readonly ReplyEvent[],
  type: T,
): Extract<ReplyEvent, { type: T }> {
  const event = events.find(
    (candidate): candidate is Extract<ReplyEvent, { type: T }> => candidate.type === type,
  )
  assert.ok(event, `the turn yielded no ${type}`)
  return event
}

/** The messages of a conversation as they are stored now, oldest first. */
export async function messagesOf(parts: Parts, conversationId: string): Promise<readonly Message[]> {
  const rows = await parts.store.conversations.messages(conversationId, { limit: 100 })
  return rows.map((row) => row.value)
}

/** Role, status and text of each stored message, oldest first. */
export async function storedIn(
  parts: Parts,
  conversationId: string,
): Promise<readonly (readonly string[])[]> {
  return (await messagesOf(parts, conversationId)).map(({ role, status, content }) => [role, status, content])
}

/** Asserts that nothing of a turn is left running: no turn, no lock, no answer of the provider. */
export async function assertQuiet(parts: Parts, provider: ScriptedProvider): Promise<void> {
  await parts.turns.idle()
  assert.equal(parts.turns.count, 0, 'a turn still runs')
  assert.equal(parts.turns.locks.size, 0, 'a conversation is still locked')
  assert.equal(provider.running, 0, 'the provider still answers')
}

/** For `assert.rejects`: a `GatewayError` with that code. */
export function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, `not a GatewayError: ${error}`)
    assert.equal(error.code, code)
    return true
  }
}
