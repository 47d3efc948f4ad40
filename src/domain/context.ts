import type { Actor } from './actor.ts'
import type { AuditedCall } from './audit/audited-call.ts'
import type { ChannelHub } from './channels/channel-hub.ts'
import type { AnswerParts } from './chat/answer-parts.ts'
import type { ReplyEvent } from './chat/reply.ts'
import type { RunningTurns } from './chat/running-turns.ts'
import type { Clock } from './clock.ts'
import type { AnsweredKey } from './idempotency/key-store.ts'
import type { Ids } from './ids.ts'
import type { Log } from './log.ts'
import type { ModelCatalog } from './models/catalog.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'
import type { Outbox } from './webhooks/outbox.ts'

/** The gateway's parts that every verb may use. One object for the life of the process. */
export interface Parts {
  readonly store: Store
  readonly models: ModelCatalog
  readonly turns: RunningTurns
  readonly clock: Clock
  readonly ids: Ids
  /** Returns numbers from 0 to below 1, to spread what should not happen at once. Never for secrets. */
  readonly random: () => number
  readonly log: Log
  /** What webhooks are told goes through here. */
  readonly outbox: Outbox
  /** The chat platforms that run. */
  readonly channels: ChannelHub
  readonly answers: AnswerParts
  /** The live settings: read at the moment of use, since the config can change while the gateway runs. */
  readonly settings: () => Settings
}

/** What one call of a verb is given: the gateway's parts, and who asks, as which request, until when. */
export interface Context {
  readonly parts: Parts
  readonly actor: Actor
  readonly requestId: string
  /** The call of the API that this is, where it is one: a turn leaves its record there. */
  readonly call?: AuditedCall
  /** Told before each attempt of a turn: how many there are with this one, and who is asked. */
  readonly onAttempt?: (attempt: { readonly count: number; readonly model: string }) => void
  /** Makes of a turn's end the answer that is kept under the caller's Idempotency-Key, in the commit that keeps the turn. */
  readonly keepAnswer?: (done: Extract<ReplyEvent, { type: 'done' }>) => AnsweredKey
  /** `clock.monotonic()` at the request's arrival. */
  readonly arrivedAt: number
  /** Aborts when the caller goes away or the gateway gives up waiting for it. */
  readonly signal: AbortSignal
}
