import { homedir, userInfo } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig } from '../config/load.ts'
import { type AuditFilter, type AuditFilterWords, parseAuditFilter } from '../domain/audit/audit-filter.ts'
import type { AuditActor } from '../domain/audit/record.ts'
import { GatewayError } from '../domain/errors.ts'
import type { AuditStore } from '../domain/store.ts'
import { type AuditFiles, auditFiles, openState } from '../open-state.ts'
import { UsageError } from './usage-error.ts'

/** What the commands about the audit work with. */
export interface AuditSetup {
  readonly audit: AuditStore
  readonly files: AuditFiles
}

/** Runs a command about the audit against the store, and closes that, however the command ends. No config is needed for it. */
export async function withAudit(command: (setup: AuditSetup) => Promise<number>): Promise<number> {
  const loaded = defaultConfig({ env: environment(), home: homedir() })
  const store = await openState(loaded)
  try {
    return await command({ audit: store.audit, files: auditFiles(loaded) })
  } finally {
    await store.close()
  }
}

/** Returns who the audit says runs a command: the user of the operating system. */
export function userAtTerminal(): AuditActor {
  return { type: 'cli', id: null, name: userName() }
}

// In a container the user may have no name.
function userName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}

/** Reads the options that filter. Throws `UsageError` with `example` for one that cannot be. */
export function filterOf({ token, status, since }: AuditFilterWords, example: string): AuditFilter {
  const words = {
    ...(token === undefined ? {} : { token }),
    ...(status === undefined ? {} : { status }),
    ...(since === undefined ? {} : { since }),
  }
  try {
    return parseAuditFilter(words, Date.now())
  } catch (error) {
    if (error instanceof GatewayError) throw new UsageError(`--${error.message}`, example)
    throw error
  }
}
