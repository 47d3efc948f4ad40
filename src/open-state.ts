import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LoadedConfig } from './config/load.ts'
import type { Seal } from './domain/audit/seal.ts'
import type { Store } from './domain/store.ts'
import { keyFileIn, type LocalSigner, localSigner } from './store/audit-signer.ts'
import { backupStore, restoreStore } from './store/backup-store.ts'
import { acquireGatewayLock } from './store/gateway-lock.ts'
import { inspectStore, runningGateway, type StoreInspection } from './store/inspect-store.ts'
import { openStore } from './store/open-store.ts'
import { SealFile, sealsIn } from './store/seal-file.ts'
import { signatureCheck } from './store/signature-check.ts'

/**
 * Opens the store of a configuration for a command, beside a gateway that may run, without wiring one. Makes its folder, readable by
 * this user alone. The caller closes it.
 */
export async function openState(loaded: LoadedConfig): Promise<Store> {
  const { databaseFile } = loaded.paths
  mkdirSync(dirname(databaseFile), { recursive: true, mode: 0o700 })
  return await openStore({ file: databaseFile })
}

/** What can be seen of a gateway's data folder without writing to it. */
export interface StateInspection {
  /** The process that serves from it now. */
  readonly gatewayPid: number | undefined
  /** Undefined where there is no database yet. */
  readonly store: StoreInspection | undefined
}

/** Returns the process that runs as the gateway of a configuration's data folder, or undefined where none does. */
export function gatewayPid({ paths }: LoadedConfig): number | undefined {
  return runningGateway(join(paths.stateDir, 'gateway.lock'))
}

/** Looks at the state of a configuration, beside a gateway that may run. Never rejects. */
export async function inspectState(loaded: LoadedConfig): Promise<StateInspection> {
  return {
    gatewayPid: gatewayPid(loaded),
    store: await inspectStore(loaded.paths.databaseFile),
  }
}

/** What the audit keeps beside the database. */
export interface AuditFiles {
  readonly signer: LocalSigner
  /** Whether there is a key already. */
  hasKey(): boolean
  /** The seals of the data folder's own file. */
  readonly kept: Iterable<Seal>
  /** The seals in another file. */
  sealsIn(file: string): Iterable<Seal>
  /** A check by public keys in PEM format. Throws `invalid_request` for a text that is none. */
  checkBy(publicKeys: readonly string[]): ReturnType<typeof signatureCheck>
}

/** Returns what the audit of a configuration keeps beside the database. */
export function auditFiles({ paths }: LoadedConfig): AuditFiles {
  const { stateDir } = paths
  return {
    signer: localSigner(stateDir),
    hasKey: () => existsSync(keyFileIn(stateDir)),
    kept: new SealFile(stateDir),
    sealsIn,
    checkBy: signatureCheck,
  }
}

/** Copies the data of a configuration into a new folder, beside a gateway that may run. Throws as `backupStore` does. */
export function backupState(
  { paths }: LoadedConfig,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<readonly string[]> {
  return backupStore(paths, folder, onProgress)
}

/** Puts a backup in the place of the data of a configuration. Throws as `restoreStore` does, and `conflict` while a gateway runs. */
export function restoreState({ paths }: LoadedConfig, folder: string): string | undefined {
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 })
  const lock = acquireGatewayLock(join(paths.stateDir, 'gateway.lock'))
  try {
    return restoreStore(paths, folder, Date.now())
  } finally {
    lock.release()
  }
}
