import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors.ts'

/**
 * What may be tried after a failure: the same model after a wait, at once (another key is there), at once and beside the retries (the
 * key was refused for good), another model, or nothing, since it is the caller's own content.
 */
export type NextStep = 'retry' | 'retryAtOnce' | 'otherKey' | 'elsewhere' | 'nowhere'

/** What a failure of a provider means for the attempts that may follow. */
export interface FailureFacts {
  readonly next: NextStep
  /** One word for the log, such as `429` or `ECONNREFUSED`; never a foreign text. */
  readonly reason: string
  /** Whether it tells something about the provider, and not about this one request. */
  readonly counts: boolean
  /** Milliseconds that the provider itself asked to wait. */
  readonly retryAfterMs?: number
}

/** The failure of one attempt at a provider, with what may be tried next. */
export class ProviderFailure extends GatewayError {
  readonly facts: FailureFacts

  constructor(code: ErrorCode, message: string, facts: FailureFacts, options: GatewayErrorOptions = {}) {
    super(code, message, options)
    this.facts = facts
  }

  /** The same failure in other words, or with another step to follow. */
  with(changes: { readonly message?: string; readonly next?: NextStep }): ProviderFailure {
    const { code, cause, retryAfterSeconds, details } = this
    const next = changes.next ?? this.facts.next
    return new ProviderFailure(
      code,
      changes.message ?? this.message,
      { ...this.facts, next },
      {
        cause,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(details === undefined ? {} : { details }),
      },
    )
  }
}

/** What an error that ended an attempt means. One that says nothing itself is judged by its code; what is no `GatewayError` is a bug of ours. */
export function factsOf(error: unknown): FailureFacts {
  if (error instanceof ProviderFailure) return error.facts
  if (!(error instanceof GatewayError)) return { next: 'nowhere', reason: 'unexpected', counts: false }
  const reason = error.code
  switch (error.code) {
    case 'provider_unavailable':
      return { next: 'retry', reason, counts: true }
    case 'provider_error':
    case 'provider_timeout': {
      const deadline = error.details?.deadline
      return { next: 'elsewhere', reason: typeof deadline === 'string' ? deadline : reason, counts: true }
    }
    case 'model_not_found':
      return { next: 'elsewhere', reason, counts: false }
    default:
      return { next: 'nowhere', reason, counts: false }
  }
}
