import { sentView } from '../channels/send-message.ts'
import type { Parts } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { KeptAnswer, KeyUse, KnownKey } from './key-store.ts'

/** A call with an Idempotency-Key: it runs, holding its key until it is disposed of, or its answer stands already. */
export type BegunCall = { readonly answer: KeptAnswer } | { readonly running: Disposable }

/** What the verb works with. */
export type KeyParts = Pick<Parts, 'store' | 'clock'> & { readonly answers: Pick<Parts['answers'], 'keys'> }

/** How long an answer is kept under its key. */
export const keptMs = 24 * 60 * 60 * 1000

const retryAfterSeconds = 1

/**
 * Begins a call that is to happen once for its key. Throws `idempotency_mismatch` where the key was used with another body in the last 24
 * hours, and `idempotency_conflict` while the first call, or the message that it put on its way, has no end yet.
 */
export async function beginOnce({ store, clock, answers }: KeyParts, use: KeyUse): Promise<BegunCall> {
  const { owner, name, fingerprint } = use
  const held = answers.keys.fingerprint(owner, name)
  if (held !== undefined) throw held === fingerprint ? stillRuns() : otherBody()
  // Held while the store is asked, so that of many copies one alone goes on.
  const running = answers.keys.hold(owner, name, fingerprint)
  try {
    const known = await store.keys.find(owner, name)
    if (known === undefined || known.at + keptMs <= clock.now()) return { running }
    if (known.fingerprint !== fingerprint) throw otherBody()
    const answer = await answerOf(store, known)
    if (answer === undefined) return { running }
    running[Symbol.dispose]()
    return { answer }
  } catch (error) {
    running[Symbol.dispose]()
    throw error
  }
}

// A message that was given up, or of which nothing is known any more, is sent anew.
async function answerOf(store: Parts['store'], known: KnownKey): Promise<KeptAnswer | undefined> {
  if ('answer' in known) return known.answer
  const outcome = await store.channels.outbox.find(known.messageId)
  switch (outcome?.status) {
    case 'sent':
      return { status: 200, body: JSON.stringify(sentView(outcome)) }
    case 'waiting':
      throw stillRuns()
    case 'failed':
    case undefined:
      return undefined
  }
}

function stillRuns(): GatewayError {
  return new GatewayError(
    'idempotency_conflict',
    'The first request with this Idempotency-Key still runs. Try again in a moment to get its answer.',
    { retryAfterSeconds },
  )
}

function otherBody(): GatewayError {
  return new GatewayError(
    'idempotency_mismatch',
    'This Idempotency-Key was used with another request in the last 24 hours. Send the same body again, or a new key for a new request.',
  )
}
