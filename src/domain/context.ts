import type { Actor } from './actor.ts'
import type { AuditedCall } from './audit/audited-call.ts'
import type { RunningTurns } from './chat/running-turns.ts'
import type { Clock } from './clock.ts'
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
  readonly log: Log
  /** What webhooks are told goes through here. */
  readonly outbox: Outbox
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
  /** `clock.monotonic()` at the request's arrival. */
  readonly arrivedAt: number
  /** Aborts when the caller goes away or the gateway gives up waiting for it. */
  readonly signal: AbortSignal
}
