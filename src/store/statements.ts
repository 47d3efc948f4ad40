import { auditStatements } from './audit.ts'
import { appendAudit } from './audit-chain.ts'
import { channelStatements } from './channels.ts'
import { conversationStatements } from './conversations.ts'
import { healthStatements } from './health.ts'
import { idempotencyStatements } from './idempotency.ts'
import { limitStatements } from './limits.ts'
import { retentionStatements } from './retention.ts'
import type { Runnable } from './statement.ts'
import { summaryStatements } from './summaries.ts'
import { tokenStatements } from './tokens.ts'
import { turnStatements } from './turns.ts'
import { usageStatements } from './usage.ts'
import { webhookStatements } from './webhooks.ts'

/** Everything that a batch can run. Its place in this list is its number, the same for both threads of one process. */
export const runnables: readonly Runnable[] = [
  ...Object.values(conversationStatements),
  ...Object.values(turnStatements),
  ...Object.values(tokenStatements),
  ...Object.values(healthStatements),
  ...Object.values(auditStatements),
  ...Object.values(limitStatements),
  ...webhookStatements,
  ...channelStatements,
  ...Object.values(usageStatements),
  ...Object.values(idempotencyStatements),
  ...Object.values(summaryStatements),
  ...Object.values(retentionStatements),
  appendAudit,
]

/** Returns how many parameters it takes. No statement holds a `?` in a literal. */
export function parameterCount(runnable: Runnable): number {
  return 'sql' in runnable ? runnable.sql.split('?').length - 1 : runnable.parameterCount
}
