import { type AuditActor, type AuditEntry, auditAction } from './record.ts'

/** Who is metered: strangers by address, a token that is over its rate limit by its id. */
export interface Metered {
  readonly key: string
  readonly actor: AuditActor
  /** An address, or the /64 that an IPv6 one is in; null where addresses do not matter. */
  readonly ip: string | null
}

/** What came of the call. */
export interface MeteredOutcome {
  readonly status: number
  readonly error: string | null
}

interface Tally {
  readonly who: Metered
  recorded: number
  /** Calls that have no record of their own. */
  left: number
  readonly statuses: Set<number>
  readonly errors: Set<string | null>
}

/** Records of their own a minute: of one stranger's address, of all strangers, of one token's 429s. */
export const ownRecordsMax = { address: 60, strangers: 600, token: 600 } as const

const talliesMax = 1_000
const countedApartMax = 100

/**
 * Keeps whoever is refused from filling the disk: so many calls a minute have records of their own, the others are counted, a record a
 * minute and address. Beyond 100 addresses the smaller ones share one record without an address, so that a minute holds at most some
 * 700 records of strangers, about 200 KB, however many there are. Holds at most 1,000 addresses.
 */
export class RefusalMeter {
  #tallies = new Map<string, Tally>()
  #strangers = 0
  #others: Tally = tallyOf(everybodyElse)

  /** True where the call gets a record of its own; where not it is counted. */
  admits(who: Metered, outcome: MeteredOutcome): boolean {
    const tally = this.#tallyOf(who)
    const isStranger = who.actor.type === 'stranger'
    const isOver = isStranger
      ? tally.recorded >= ownRecordsMax.address || this.#strangers >= ownRecordsMax.strangers
      : tally.recorded >= ownRecordsMax.token
    if (isOver || tally === this.#others) {
      count(tally, 1, [outcome.status], [outcome.error])
      return false
    }
    tally.recorded++
    if (isStranger) this.#strangers++
    return true
  }

  /** Returns the records of what was counted, and begins a new minute. */
  drain(at: number): readonly AuditEntry[] {
    const tallies = [...this.#tallies.values()].filter(({ left }) => left > 0).sort((a, b) => b.left - a.left)
    const others = this.#others
    for (const { left, statuses, errors } of tallies.splice(countedApartMax)) {
      count(others, left, statuses, errors)
    }
    if (others.left > 0) tallies.push(others)
    this.#tallies = new Map()
    this.#strangers = 0
    this.#others = tallyOf(everybodyElse)
    return tallies.map((tally) => recordOf(tally, at))
  }

  #tallyOf(who: Metered): Tally {
    const known = this.#tallies.get(who.key)
    if (known) return known
    if (this.#tallies.size >= talliesMax) return this.#others
    const tally = tallyOf(who)
    this.#tallies.set(who.key, tally)
    return tally
  }
}

const everybodyElse: Metered = { key: '', actor: { type: 'stranger', id: null, name: null }, ip: null }

function tallyOf(who: Metered): Tally {
  return { who, recorded: 0, left: 0, statuses: new Set(), errors: new Set() }
}

function count(
  tally: Tally,
  calls: number,
  statuses: Iterable<number>,
  errors: Iterable<string | null>,
): void {
  tally.left += calls
  for (const status of statuses) tally.statuses.add(status)
  for (const error of errors) tally.errors.add(error)
}

// The status and the error stand there where they are the same for all.
function recordOf({ who, left, statuses, errors }: Tally, at: number): AuditEntry {
  const entry = auditAction('requests.summed', { at, actor: who.actor, count: left })
  const [status = null] = statuses.size === 1 ? statuses : []
  const [error = null] = errors.size === 1 ? errors : []
  return { ...entry, ip: who.ip, status, error }
}
