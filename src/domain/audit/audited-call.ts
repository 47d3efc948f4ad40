import type { AuditTrail } from './audit-trail.ts'
import type { AuditActor, AuditEntry, AuditUsage } from './record.ts'
import type { Metered } from './refusal-meter.ts'

/** What the edge knows of a call when its record is made. */
export interface CallFacts {
  readonly actor: AuditActor
  readonly method: string | null
  /** The route's pattern, or `unknown`. */
  readonly route: string
  readonly ip: string
  readonly requestId: string
  /** What a stranger's calls are counted by: an address, or the /64 of an IPv6 one. */
  readonly subscriber: string
}

/** What a call came to. */
export interface CallOutcome {
  readonly status: number
  readonly error: string | null
}

const acknowledged: CallOutcome = { status: 200, error: null }

/**
 * One call of the API on its way to its one record. Where a turn comes to its end, the record is stored with the reply, so that no
 * acknowledged turn lacks it; in all other cases it is appended when both the response and the turn are over.
 */
export class AuditedCall {
  readonly #trail: AuditTrail
  readonly #now: () => number
  readonly #facts: () => CallFacts
  #countedAt: number | null = null
  #usage: AuditUsage | null = null
  #outcome: CallOutcome | undefined
  #hasTurn = false
  #isRecorded = false

  constructor(trail: AuditTrail, now: () => number, facts: () => CallFacts) {
    this.#trail = trail
    this.#now = now
    this.#facts = facts
  }

  /** The request was taken from its limits. */
  counted(at: number): void {
    this.#countedAt = at
  }

  /** A turn runs: the record waits for `endTurn`. */
  beginTurn(): void {
    this.#hasTurn = true
  }

  /** Returns the record of a turn that comes to its end, for the store to keep with the reply. */
  entryOfTurn(usage: AuditUsage): AuditEntry {
    this.#usage = usage
    this.#trail.join()
    return this.#entry(acknowledged, this.#facts())
  }

  /** The reply is stored, and the record with it. */
  storedWithTurn(): void {
    this.#isRecorded = true
    this.#trail.storedWithTurn()
  }

  /** The turn is over, whatever came of it. */
  endTurn(usage: AuditUsage): void {
    this.#usage = usage
    this.#hasTurn = false
    if (this.#outcome) this.#record(this.#outcome)
  }

  /** The response is over, or its connection is gone. */
  close(outcome: CallOutcome): void {
    this.#outcome = outcome
    if (!this.#hasTurn) this.#record(outcome)
  }

  #record(outcome: CallOutcome): void {
    if (this.#isRecorded) return
    this.#isRecorded = true
    const facts = this.#facts()
    const metered = meteredBy(facts, outcome)
    if (metered && !this.#trail.admits(metered, outcome)) return
    this.#trail.append(this.#entry(outcome, facts))
  }

  #entry(outcome: CallOutcome, facts: CallFacts): AuditEntry {
    return {
      at: this.#now(),
      actor: facts.actor,
      action: null,
      target: null,
      method: facts.method,
      route: facts.route,
      status: outcome.status,
      error: outcome.error,
      ip: facts.ip,
      requestId: facts.requestId,
      usage: this.#usage,
      countedAt: this.#countedAt,
      count: 1,
    }
  }
}

function meteredBy({ actor, subscriber }: CallFacts, { status }: CallOutcome): Metered | undefined {
  if (actor.type === 'stranger') return { key: subscriber, actor, ip: subscriber }
  return status === 429 && actor.id !== null ? { key: actor.id, actor, ip: null } : undefined
}
