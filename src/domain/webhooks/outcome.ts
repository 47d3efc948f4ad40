import type { WebhookEndpoint } from './endpoint.ts'
import type { Posted } from './post.ts'
import { retryAfterMsOf, waitBeforeNext } from './retry.ts'
import type { SettledAttempt } from './webhook-store.ts'

/** What is known when an attempt has ended. */
export interface EndedAttempt {
  readonly posted: Posted
  readonly event: string
  readonly retry: WebhookEndpoint['retry']
  /** Attempts since the last replay, this one too. */
  readonly tries: number
  /** Since when every attempt to this endpoint has failed, this one too; null after a success. */
  readonly failingSince: number | null
  readonly endedAt: number
  /** 0 to 1. */
  readonly random: number
}

/** What follows from an attempt. */
export interface Outcome {
  /** The kind of failure, null after a success. */
  readonly error: string | null
  readonly next: SettledAttempt['next']
  /** Why the endpoint is disabled by this. */
  readonly disable: 'gone' | 'failing' | null
}

const failingMsMax = 5 * 24 * 60 * 60 * 1000
const statusGone = 410

/**
 * Decides what follows from an attempt: 2xx is a success, everything else, redirects too, is a failure that is tried again while
 * attempts are left. 410 disables the endpoint, as do five days of nothing but failures.
 */
export function outcomeOf(ended: EndedAttempt): Outcome {
  const error = failureOf(ended.posted)
  if (error === null) return { error, next: { status: 'delivered' }, disable: null }
  if (ended.posted.status === statusGone) {
    return { error, next: { status: 'dead', reason: 'gone' }, disable: 'gone' }
  }
  const { failingSince, endedAt, tries, random } = ended
  const disable = failingSince !== null && endedAt - failingSince >= failingMsMax ? 'failing' : null
  const retryAfterMs = retryAfterMsOf(ended.posted.retryAfter, endedAt)
  // A test is an answer to somebody who waits for it.
  const waitMs =
    ended.event === 'webhook.test' ? undefined : waitBeforeNext(ended.retry, tries, random, retryAfterMs)
  if (waitMs === undefined) return { error, next: { status: 'dead', reason: 'attempts_exhausted' }, disable }
  return { error, next: { status: 'waiting', dueAt: endedAt + waitMs }, disable }
}

/** Whether an endpoint has taken what it was told: a whole answer with a status of 2xx. */
export function isSuccess(posted: Posted): boolean {
  return failureOf(posted) === null
}

function failureOf({ status, error }: Posted): string | null {
  if (error !== null) return error
  if (status === null) return 'connection_lost'
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirect' : 'http_status'
}
