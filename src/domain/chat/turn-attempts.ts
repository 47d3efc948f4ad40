import { modelsOf } from '../actor.ts'
import type { Context } from '../context.ts'
import type { Usage } from '../conversations/conversation.ts'
import { fallbackModels } from '../models/fallback-models.ts'
import type { ModelProvider, ProviderTurn } from '../models/provider.ts'
import { type FailureFacts, factsOf } from '../models/provider-failure.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import type { TurnDeadline } from './deadline.ts'

/** One model that a turn may ask. */
export interface Candidate {
  readonly resolved: ResolvedModel
  /** How often it may be asked again. */
  readonly retriesMax: number
}

/** Tokens that an attempt cost which failed before it said anything. */
export interface SpentUsage {
  readonly resolved: ResolvedModel
  readonly usage: Usage
}

/**
 * What a turn's attempts share: who is asked, how often anybody was, what it cost, and what the providers' health learns of it. `dispose`
 * must be called when the turn ends.
 */
export class TurnAttempts implements Disposable {
  readonly ctx: Context
  readonly deadline: TurnDeadline
  /** Who was to answer before anybody failed. */
  readonly asked: ResolvedModel
  /** What failed attempts cost, as far as their providers told it; the answer's own usage is not among it. */
  readonly spent: SpentUsage[] = []
  #resolved: ResolvedModel
  #turn: ProviderTurn
  #count = 0
  #startedAt = 0
  #hasAnswered = false
  #noted: unknown
  // A turn is not kept from a provider by what it caused there itself, and counts there once.
  readonly #touched: ModelProvider[] = []
  readonly #failed: ModelProvider[] = []
  #tryingAgain: readonly ModelProvider[] = []

  /** `turn` is what `asked` will be asked first. */
  constructor(ctx: Context, deadline: TurnDeadline, asked: ResolvedModel, turn: ProviderTurn) {
    this.ctx = ctx
    this.deadline = deadline
    this.asked = asked
    this.#resolved = asked
    this.#turn = turn
  }

  /** Who answers, or was asked last. */
  get resolved(): ResolvedModel {
    return this.#resolved
  }

  /** What that one was asked. */
  get turn(): ProviderTurn {
    return this.#turn
  }

  /** How many times any model was asked in this turn. */
  get count(): number {
    return this.#count
  }

  /**
   * Who may be asked, in order; once a model has answered it is the only one. Those whose provider cools down come last, and are asked
   * once each where anybody else was asked.
   */
  *candidates(): Generator<Candidate, void, undefined> {
    const { parts, actor } = this.ctx
    const { retries: retriesMax } = parts.settings().models
    if (this.#hasAnswered) {
      yield { resolved: this.#resolved, retriesMax }
      return
    }
    const leftAlone: ResolvedModel[] = []
    if (this.#isLeftAlone(this.asked)) leftAlone.push(this.asked)
    else yield { resolved: this.asked, retriesMax }
    for (const resolved of fallbackModels(parts, this.asked, modelsOf(actor))) {
      if (this.#isLeftAlone(resolved)) leftAlone.push(resolved)
      else yield { resolved, retriesMax }
    }
    const othersWereAsked = this.#count > 0
    for (const resolved of leftAlone) yield { resolved, retriesMax: othersWereAsked ? 0 : retriesMax }
  }

  /** An attempt begins. Returns its signal. */
  begin(resolved: ResolvedModel, turn: ProviderTurn): AbortSignal {
    const { parts, onAttempt } = this.ctx
    if (this.#count > 0) this.deadline.nextAttempt()
    this.#resolved = resolved
    this.#turn = turn
    this.#count++
    this.#startedAt = parts.clock.monotonic()
    if (!this.#touched.includes(resolved.provider)) this.#touched.push(resolved.provider)
    onAttempt?.({ count: this.#count, model: resolved.model.id })
    return this.deadline.signal
  }

  /** The attempt has begun to answer: it is the turn's. */
  opened(): void {
    this.#hasAnswered = true
    if (this.#count > 1) this.#log('info', 'model attempt answers', {})
  }

  /** The attempt failed before it said anything. `waitMs` is until the same model is asked again; undefined gives it up. */
  attemptFailed(error: unknown, usage: Usage | undefined, waitMs: number | undefined): void {
    const facts = factsOf(error)
    this.#noted = error
    if (usage !== undefined) this.spent.push({ resolved: this.#resolved, usage })
    this.#log('warn', 'model attempt failed', {
      reason: facts.reason,
      ...(waitMs === undefined ? {} : { retryInMs: Math.round(waitMs) }),
    })
    if (waitMs === undefined && facts.counts) this.#noteFailed()
  }

  /** A fallback cannot be asked what the caller asks. */
  leftOut(resolved: ResolvedModel, facts: FailureFacts): void {
    this.#resolved = resolved
    this.#log('warn', 'model fallback left out', { reason: facts.reason })
  }

  /** The answer came to its end. */
  succeeded(): void {
    const { provider } = this.#resolved
    this.ctx.parts.models.health.succeeded(provider)
    this.#triedAgain(provider)
  }

  /** The turn ended by an error. One that broke the answer off after it had begun counts against its provider. */
  ended(error: unknown): void {
    if (error === this.#noted || !this.#hasAnswered || this.ctx.signal.aborted) return
    const facts = factsOf(error)
    if (!facts.counts) return
    this.#log('warn', 'model answer broken off', { reason: facts.reason })
    this.#noteFailed()
  }

  [Symbol.dispose](): void {
    for (const provider of this.#tryingAgain) this.ctx.parts.models.health.leave(provider)
  }

  #isLeftAlone({ provider }: ResolvedModel): boolean {
    const { models, clock } = this.ctx.parts
    const now = clock.monotonic()
    if (this.#touched.includes(provider) || models.health.standing(provider, now) === 'well') return false
    if (!models.health.tryAgain(provider, now)) return true
    this.#tryingAgain = [...this.#tryingAgain, provider]
    return false
  }

  #noteFailed(): void {
    const { provider } = this.#resolved
    if (this.#failed.includes(provider)) return
    this.#failed.push(provider)
    this.#triedAgain(provider)
    const { models, clock, log } = this.ctx.parts
    const coolMs = models.health.failed(provider, clock.monotonic())
    if (coolMs > 0) log('warn', 'provider cools down', { provider: provider.name, seconds: coolMs / 1000 })
  }

  #triedAgain(provider: ModelProvider): void {
    if (this.#tryingAgain.includes(provider))
      this.#tryingAgain = this.#tryingAgain.filter((other) => other !== provider)
  }

  #log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, string | number>>): void {
    const { parts, requestId } = this.ctx
    parts.log(level, message, {
      requestId,
      attempt: this.#count,
      provider: this.#resolved.provider.name,
      model: this.#resolved.model.id,
      durationMs: Math.round(parts.clock.monotonic() - this.#startedAt),
      ...fields,
    })
  }
}
