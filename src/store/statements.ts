import { conversationStatements } from './conversations.ts'
import { healthStatements } from './health.ts'
import type { Statement } from './statement.ts'
import { tokenStatements } from './tokens.ts'
import { turnStatements } from './turns.ts'

/** Everything that a batch can run. Its place in this list is its number, the same for both threads of one process. */
export const statements: readonly Statement[] = [
  ...Object.values(conversationStatements),
  ...Object.values(turnStatements),
  ...Object.values(tokenStatements),
  ...Object.values(healthStatements),
]

/** Returns how many parameters a statement takes. No statement holds a `?` in a literal. */
export function parameterCount(statement: Statement): number {
  return statement.sql.split('?').length - 1
}
