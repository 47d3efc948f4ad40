import type { AuditEntry } from '../audit/record.ts'

/** What is kept of events, their deliveries and their endpoints. */
export interface WebhookStore {
  readonly outbox: OutboxStore
  readonly deliveries: DeliveryStore
  readonly endpoints: EndpointStore
}

/** An event with one delivery for each endpoint that is to be told, ready to be written with what caused it. */
export interface OutgoingEvent {
  /** `evt_…`. */
  readonly id: string
  readonly event: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The event's RFC 8785 form, without a signature. */
  readonly payload: string
  readonly deliveries: readonly {
    /** `whd_…`. */
    readonly id: string
    readonly endpoint: string
  }[]
}

/** A delivery that nobody else works on until its lease ends. */
export interface ClaimedDelivery {
  readonly key: number
  readonly eventKey: number
  readonly eventId: string
  readonly event: string
  /** Attempts since the last replay. */
  readonly tries: number
}

/** Which deliveries to claim. */
export interface ClaimDue {
  readonly endpoint: string
  /** A name that no other claim has. */
  readonly lease: string
  readonly now: number
  /** When they are due again, should nobody settle them. */
  readonly leasedUntil: number
  readonly limit: number
}

/** One attempt and what follows from it. */
export interface SettledAttempt {
  readonly deliveryKey: number
  readonly endpoint: string
  readonly attempt: Attempt
  readonly next:
    | { readonly status: 'delivered' }
    | { readonly status: 'waiting'; readonly dueAt: number }
    | { readonly status: 'dead'; readonly reason: string }
  /** Set where the endpoint is disabled by this, with what the others are told. */
  readonly disable?: { readonly reason: string; readonly events: readonly OutgoingEvent[] }
}

/** One attempt to deliver. */
export interface Attempt {
  /** `dlv_…`. */
  readonly id: string
  readonly at: number
  /** HTTP status, null where none came. */
  readonly status: number | null
  /** The kind of failure, null after a success. */
  readonly error: string | null
  readonly durationMs: number
  /** At most the first 4 KiB of the answer. */
  readonly answer: string | null
}

export interface OutboxStore {
  /** Writes events that nothing else is written with, but a record of who caused them. */
  append(events: readonly OutgoingEvent[], audit?: AuditEntry): Promise<void>
  /** When the first waiting delivery of an endpoint is due, undefined where none waits or the endpoint is disabled. */
  nextDue(endpoint: string): Promise<number | undefined>
  /** Leases at most `limit` due deliveries of an enabled endpoint, the longest due first. */
  claimDue(claim: ClaimDue): Promise<readonly ClaimedDelivery[]>
  /** The event's RFC 8785 form, undefined where it is gone. */
  payload(eventKey: number): Promise<string | undefined>
  /** Writes an attempt and what follows from it. */
  settle(settled: SettledAttempt): Promise<void>
  /** Makes all leased deliveries due now; without a lease's name those of every lease, as after a crash. Resolves to how many. */
  release(at: number, lease?: string): Promise<number>
}

/** Where a delivery stands. */
export type DeliveryStatus = 'waiting' | 'delivered' | 'dead'

/** A delivery with its attempts, oldest first, at most the newest hundred. */
export interface Delivery {
  readonly key: number
  readonly id: string
  readonly eventId: string
  readonly event: string
  readonly endpoint: string
  readonly status: DeliveryStatus
  /** Why it is dead. */
  readonly reason: string | null
  readonly attempts: readonly Attempt[]
  readonly createdAt: number
  /** Null where it does not wait. */
  readonly nextAttemptAt: number | null
}

/** A page of deliveries, newest first. */
export interface ListDeliveries {
  readonly endpoint?: string
  readonly status?: DeliveryStatus
  readonly event?: string
  /** 1 to 100. */
  readonly limit: number
  /** Only those made before the delivery with this key. */
  readonly beforeKey?: number
}

export interface DeliveryStore {
  list(query: ListDeliveries): Promise<readonly Delivery[]>
  find(id: string): Promise<Delivery | undefined>
  /** Makes a delivery due now with all its attempts before it, whatever became of it. Resolves to false where there is none. */
  replay(id: string, at: number, audit?: AuditEntry): Promise<boolean>
  /** Makes dead deliveries of an endpoint that were made since due now, at most a thousand a call. Resolves to how many. */
  recover(endpoint: string, since: number, at: number, audit?: AuditEntry): Promise<number>
  /**
   * Removes what was finished before those times, and gives up what waits for a disabled endpoint, or since before `deadBefore`; a
   * bounded number of each a call. Resolves to how many were removed or given up.
   */
  prune(limits: {
    readonly deliveredBefore: number
    readonly deadBefore: number
    readonly at: number
  }): Promise<number>
}

/** What is known of an endpoint beside its configuration. */
export interface EndpointState {
  readonly id: string
  readonly disabledAt: number | null
  readonly disabledReason: string | null
  /** Since when every attempt has failed. */
  readonly failingSince: number | null
  /** A mark of the previous secret, and since when it stands in the configuration. */
  readonly previousSecret: string | null
  readonly previousSecretSince: number | null
}

export interface EndpointStore {
  /** What is known of one endpoint; cheap, read at each claim. */
  find(id: string): Promise<EndpointState | undefined>
  /** How many deliveries of an endpoint wait, at most `max`. */
  waiting(id: string, max: number): Promise<number>
  /** Lets an endpoint be told again, and forgets its failures. */
  enable(id: string, audit?: AuditEntry): Promise<void>
  disable(id: string, reason: string, at: number, audit?: AuditEntry): Promise<void>
  /** Notes since when a previous secret stands in the configuration; one that is noted already keeps its time. */
  notePreviousSecret(id: string, mark: string, at: number): Promise<void>
}
