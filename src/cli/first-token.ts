import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes the first start's admin token to a file of mode 0600 in the data folder, where no terminal can show it, and returns its path. */
export function keepFirstToken(stateDir: string, secret: string): string {
  const file = join(stateDir, 'first-token')
  rmSync(file, { force: true })
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  return file
}
