import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type ErrorCode, GatewayError } from '../../../src/domain/errors.ts'
import type { BeginTurn, FinishTurn, Store } from '../../../src/domain/store.ts'
import type { Token, TokenSecret } from '../../../src/domain/tokens/token.ts'
import type { OpenStore } from '../../contracts/store.ts'

/** Opens an empty store that goes away with the test. */
export async function emptyStore(t: TestContext, open: OpenStore): Promise<Store> {
  const { store, cleanup } = await open()
  t.after(cleanup)
  return store
}

/** The first turn of a new conversation, unless `conversation` says otherwise. */
export function beginTurn(
  id: string,
  more: Partial<Omit<BeginTurn, 'conversation'>> & {
    readonly conversation?: Partial<BeginTurn['conversation']>
  } = {},
): BeginTurn {
  const conversation = { id, channel: 'api', chatId: id, owner: 'tok_a', title: 'A title', isNew: true }
  return {
    messageId: `msg_${id}_1`,
    content: 'What is the weather?',
    at: 1_000,
    ...more,
    conversation: { ...conversation, ...more.conversation },
  }
}

/** A later turn of a conversation that stands, by its number. */
export function laterTurn(
  id: string,
  number: number,
  more: Partial<Omit<BeginTurn, 'conversation'>> = {},
): BeginTurn {
  const at = number * 1_000
  return beginTurn(id, { messageId: `msg_${id}_${number}`, at, ...more, conversation: { isNew: false } })
}

/** The end of the turn that `begun` began: a complete reply, unless `more` says otherwise. */
export function finishTurn(begun: BeginTurn, more: Partial<FinishTurn> = {}): FinishTurn {
  return {
    conversationId: begun.conversation.id,
    userMessageId: begun.messageId,
    userStatus: 'complete',
    reply: reply(`${begun.messageId}_reply`),
    model: 'claude-test',
    provider: 'anthropic',
    usage: { inputTokens: 12, outputTokens: 34 },
    latencyMs: 250,
    at: begun.at + 500,
    ...more,
  }
}

/** The end of a turn without a word of a reply. */
export function unanswered(begun: BeginTurn, userStatus: FinishTurn['userStatus']): FinishTurn {
  const { reply: _, ...rest } = finishTurn(begun, { userStatus })
  return rest
}

/** A reply, complete unless `more` says otherwise. */
export function reply(
  id: string,
  more: Partial<NonNullable<FinishTurn['reply']>> = {},
): NonNullable<FinishTurn['reply']> {
  return { id, content: 'It rains.', status: 'complete', finishReason: 'stop', ...more }
}

/** Runs a whole turn. */
export async function wholeTurn(
  store: Store,
  begun: BeginTurn,
  more: Partial<FinishTurn> = {},
): Promise<void> {
  await store.turns.begin(begun)
  await store.turns.finish(finishTurn(begun, more))
}

/** A live token with one secret. */
export function token(id: string, more: Partial<Token> = {}): Token {
  return {
    id,
    name: `name of ${id}`,
    scopes: ['chat', 'read'],
    source: 'store',
    rateLimit: null,
    allowedIps: null,
    models: null,
    createdAt: 1_000,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    secrets: [secret(`hash of ${id}`)],
    ...more,
  }
}

/** A secret without an end. */
export function secret(hash: string, more: Partial<TokenSecret> = {}): TokenSecret {
  return { hash, hint: 'oc_tok_AbCd', createdAt: 1_000, expiresAt: null, ...more }
}

/** Holds that `work` rejects with a `GatewayError` of this code whose message reads like `sentence`. */
export async function refuses(work: Promise<unknown>, code: ErrorCode, sentence: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, sentence)
    return true
  })
}
