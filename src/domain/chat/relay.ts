import { modelsOf } from '../actor.ts'
import type { Context } from '../context.ts'
import type { FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderEvent, ProviderTurn } from '../models/provider.ts'
import { ProviderFailure } from '../models/provider-failure.ts'
import { type ResolvedModel, resolveModel } from '../models/resolve-model.ts'
import { screenPrompt } from '../prompts/screen-prompt.ts'
import { askModels } from './ask-models.ts'
import { cutShort, replyCharactersMax, tooLong } from './broken-answer.ts'
import { TurnDeadline } from './deadline.ts'
import { RelayRecord } from './relay-record.ts'
import { TurnAttempts } from './turn-attempts.ts'

/** A question whose whole conversation the caller holds. */
export interface RelayInput {
  readonly model?: string
  /** All but what depends on who answers. */
  readonly question: Omit<ProviderTurn, 'model' | 'connectTimeoutMs'>
}

/** What a relayed turn yields: one `start`, pieces of the answer, one `done`. A turn that fails throws instead of `done`. */
export type RelayEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly alias?: string }
  | Extract<ProviderEvent, { readonly type: 'text' | 'thought' | 'tool_call_delta' | 'tool_call' }>
  | {
      readonly type: 'done'
      readonly model: string
      readonly usage: Usage
      readonly finishReason: FinishReason
    }

/**
 * Runs one turn of a conversation that the caller holds: nothing of it is kept but what it used, which is durable before `done` is yielded.
 * Attempts, fallbacks, deadlines, budgets and the audit are those of every turn. Throws `GatewayError`, or the context signal's reason.
 */
export async function* relay(
  ctx: Context,
  { model, question }: RelayInput,
): AsyncGenerator<RelayEvent, void, undefined> {
  const { parts } = ctx
  screen(ctx, question)
  const { timeouts } = parts.settings().models
  const turnOf = ({ model: answering }: ResolvedModel): ProviderTurn => ({
    ...question,
    model: answering.id,
    connectTimeoutMs: timeouts.connectMs,
  })
  parts.turns.enter()
  try {
    const resolved = await resolveModel(parts, model, modelsOf(ctx.actor))
    const turn = turnOf(resolved)
    ctx.signal.throwIfAborted()
    const elapsedMs = parts.clock.monotonic() - ctx.arrivedAt
    using deadline = new TurnDeadline(ctx.signal, timeouts, question.stream, elapsedMs)
    using attempts = new TurnAttempts(ctx, deadline, resolved, turn)
    const record = await RelayRecord.begin(ctx, attempts)
    try {
      yield {
        type: 'start',
        id: record.id,
        model: resolved.model.id,
        ...(resolved.alias === undefined ? {} : { alias: resolved.alias }),
      }
      for await (const event of await askModels(attempts, turnOf)) {
        switch (event.type) {
          case 'text':
          case 'thought':
          case 'tool_call_delta':
          case 'tool_call':
            record.heard(event)
            if (record.characters > replyCharactersMax) throw tooLong(attempts.resolved.provider)
            deadline.held()
            yield event
            break
          case 'usage':
            record.usage = event.usage
            break
          case 'finish':
            record.usage = event.usage ?? record.usage
            record.finishReason = event.finishReason
            break
          case 'warning':
            break
        }
        deadline.waiting()
      }
      const { finishReason } = record
      if (finishReason === null) {
        deadline.signal.throwIfAborted()
        throw cutShort(attempts.resolved.provider)
      }
      attempts.succeeded()
      const usage = await record.complete()
      yield { type: 'done', model: attempts.resolved.model.id, usage, finishReason }
    } catch (error) {
      attempts.ended(error)
      await record.endUnfinished(ctx.signal.aborted ? 'aborted' : 'failed')
      throw asTheCallers(error)
    } finally {
      // Left at a yield, by a reader that takes no more.
      await record.endUnfinished('aborted')
    }
  } finally {
    parts.turns.leave()
  }
}

// All of the question is the caller's own here: what a provider does not take of it is theirs to mend, and no use trying again.
function asTheCallers(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.code !== 'provider_error') return error
  const isRefusal = error.facts.reason === '400' || error.facts.reason === '422'
  return isRefusal ? new GatewayError('invalid_request', error.message, { cause: error }) : error
}

// What a client of another API says goes on as it stands; signs of an injection are recorded, or refused.
function screen(ctx: Context, { messages }: RelayInput['question']): void {
  const last = messages.findLast((message) => message.role === 'user')
  if (last !== undefined && last.content !== '') screenPrompt(ctx, last.content)
}
