import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LoadedConfig } from './config/load.ts'
import type { Store } from './domain/store.ts'
import { openStore } from './store/open-store.ts'

/**
 * Opens the store of a configuration for a command, beside a gateway that may run, without wiring one. Makes its folder, readable by
 * this user alone. The caller closes it.
 */
export async function openState(loaded: LoadedConfig): Promise<Store> {
  const { databaseFile } = loaded.paths
  mkdirSync(dirname(databaseFile), { recursive: true, mode: 0o700 })
  return await openStore({ file: databaseFile })
}
