import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Store } from '../../src/domain/store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { bin, type Home, runNode } from './support.ts'

/** A row of `openclaw doctor --json`. */
export interface Row {
  readonly check: string
  readonly status: string
  readonly sentence: string
  readonly remedy: unknown
}

/** Runs `openclaw doctor --json` for a user. */
export async function doctor(
  home: Home,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; rows: readonly Row[]; stdout: string }> {
  const { code, stdout, stderr } = await runNode([bin, 'doctor', '--json'], { ...home.env, ...env })
  assert.equal(stderr, '')
  return { code, rows: rowsOf(stdout), stdout }
}

/** Reads the rows that it has printed. */
export function rowsOf(stdout: string): readonly Row[] {
  return listAt(JSON.parse(stdout), 'data').map((row) => ({
    check: textAt(row, 'check'),
    status: textAt(row, 'status'),
    sentence: textAt(row, 'sentence'),
    remedy: at(row, 'remedy'),
  }))
}

/** Opens a user's database for the time of a call. */
export async function withStore(home: Home, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ file: home.databaseFile })
  await use(store)
  await store.close()
  assert.equal(statSync(dirname(home.databaseFile)).mode & 0o777, 0o700)
}
