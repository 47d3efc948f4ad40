import { describe } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { auditContract } from '../store/contract/audit.ts'
import { channelsContract } from '../store/contract/channels.ts'
import { conversationsContract } from '../store/contract/conversations.ts'
import { durabilityContract } from '../store/contract/durability.ts'
import { keysContract } from '../store/contract/keys.ts'
import { limitsContract } from '../store/contract/limits.ts'
import { retentionContract } from '../store/contract/retention.ts'
import { summariesContract } from '../store/contract/summaries.ts'
import { tokensContract } from '../store/contract/tokens.ts'
import { turnsContract } from '../store/contract/turns.ts'
import { usageContract } from '../store/contract/usage.ts'
import { webhooksContract } from '../store/contract/webhooks.ts'

/** An empty store for one test. */
export interface OpenedStore {
  readonly store: Store
  /** Closes the store and opens it anew over the same data. */
  reopen(): Promise<Store>
  /** Closes what is open and removes the data. */
  cleanup(): Promise<void>
}

/** Opens an empty store. */
export type OpenStore = () => Promise<OpenedStore>

/** What every engine of the store must do, told by the port's own words. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`the store on ${name}`, () => {
    turnsContract(open)
    conversationsContract(open)
    tokensContract(open)
    auditContract(open)
    limitsContract(open)
    webhooksContract(open)
    usageContract(open)
    keysContract(open)
    summariesContract(open)
    retentionContract(open)
    channelsContract(open)
    durabilityContract(open)
  })
}
