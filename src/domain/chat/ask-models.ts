import { GatewayError } from '../errors.ts'
import type { ProviderTurn } from '../models/provider.ts'
import { type FailureFacts, factsOf } from '../models/provider-failure.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { OpenAnswer } from './open-answer.ts'
import type { Candidate, TurnAttempts } from './turn-attempts.ts'

/** Makes the question for a model: limits differ. Throws `invalid_request` where that model cannot be asked it. */
export type TurnMaker = (resolved: ResolvedModel) => ProviderTurn | Promise<ProviderTurn>

const backoffMs = 500
const backoffMsMax = 8_000

/**
 * Asks the models of a turn until one begins to answer, and resolves to its answer, open at the first token: the model asked for, again
 * up to `models.retries` times, then `models.fallbacks`. After a first answer a further call asks the same model again. Rejects with the
 * last failure, with the caller's own mistake at once, and with what ended the turn's deadline.
 */
export async function askModels(attempts: TurnAttempts, turnFor: TurnMaker): Promise<OpenAnswer> {
  let failure: unknown
  for (const candidate of attempts.candidates()) {
    const isFallback = candidate.resolved !== attempts.asked
    try {
      return await askModel(attempts, candidate, turnFor)
    } catch (error) {
      const { ended } = attempts.deadline
      if (ended !== undefined) throw ended.reason
      if (!(error instanceof GatewayError)) throw error
      const { next } = factsOf(error)
      if (next === 'nowhere' && !isFallback) throw error
      // The caller has not named the fallback: that it is unknown, or too small for the question, is not what they did wrong.
      if (!isFallback || (next !== 'nowhere' && error.code !== 'model_not_found')) failure = error
      else failure ??= error
    }
  }
  throw failure
}

async function askModel(
  attempts: TurnAttempts,
  { resolved, retriesMax }: Candidate,
  turnFor: TurnMaker,
): Promise<OpenAnswer> {
  const turn = await (resolved === attempts.asked
    ? turnFor(resolved)
    : questionOfFallback(attempts, resolved, turnFor))
  for (let retries = 0; ; ) {
    const signal = attempts.begin(resolved, turn)
    const answer = new OpenAnswer(resolved, resolved.provider.stream(turn, signal))
    try {
      await answer.open(signal)
      attempts.opened()
      attempts.deadline.firstToken()
      return answer
    } catch (error) {
      const { ended } = attempts.deadline
      // A caller that left, or a store that failed, says nothing about the model.
      if (ended !== undefined && !factsOf(ended.reason).counts) throw ended.reason
      if (!(error instanceof GatewayError)) throw error
      const facts = factsOf(error)
      const waitMs =
        ended === undefined ? waitBefore(attempts, facts, retriesMax - retries, retries) : undefined
      attempts.attemptFailed(error, answer.usage, waitMs)
      if (waitMs === undefined) throw error
      if (facts.next !== 'otherKey') retries++
      if (waitMs > 0) await attempts.deadline.pause(waitMs)
    }
  }
}

async function questionOfFallback(
  attempts: TurnAttempts,
  resolved: ResolvedModel,
  turnFor: TurnMaker,
): Promise<ProviderTurn> {
  try {
    return await turnFor(resolved)
  } catch (error) {
    if (error instanceof GatewayError) attempts.leftOut(resolved, factsOf(error))
    throw error
  }
}

// Full jitter, so that callers who failed together do not come back together. What the provider asked for is waited in any case, or not
// at all.
function waitBefore(
  attempts: TurnAttempts,
  facts: FailureFacts,
  retriesLeft: number,
  retries: number,
): number | undefined {
  if (facts.next === 'otherKey') return 0
  if (retriesLeft <= 0) return undefined
  if (facts.next === 'retryAtOnce') return 0
  if (facts.next !== 'retry') return undefined
  const jitterMs = attempts.ctx.parts.random() * Math.min(backoffMsMax, backoffMs * 2 ** retries)
  const waitMs = (facts.retryAfterMs ?? 0) + jitterMs
  return waitMs < remainingMs(attempts) ? waitMs : undefined
}

function remainingMs({ ctx, deadline }: TurnAttempts): number {
  const { totalMs } = ctx.parts.settings().models.timeouts
  // Later rounds of a turn whose first token has come have the stream's own time, which ends a wait by itself.
  return deadline.begun ? totalMs : totalMs - (ctx.parts.clock.monotonic() - ctx.arrivedAt)
}
