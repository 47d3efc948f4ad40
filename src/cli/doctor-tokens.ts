import { configTokens } from '../config/config-tokens.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Token } from '../domain/tokens/token.ts'
import {
  agedTokens,
  daysLeft,
  expiringTokens,
  liveTokens,
  secretAgeDays,
} from '../domain/tokens/token-age.ts'
import { type DoctorRow, editCommand, warning, well } from './doctor-row.ts'

/** Tokens of the store, and the hashes of revoked ones of the config. */
interface StoredTokens {
  readonly tokens: readonly Token[]
  readonly deniedHashes: readonly string[]
}

/** Looks at the tokens that can pass now: old ones, those that expire soon, those that stand in the config in plain text. */
export function checkTokens(
  loaded: LoadedConfig,
  stored: StoredTokens = { tokens: [], deniedHashes: [] },
  now: number,
): readonly DoctorRow[] {
  const all = [...stored.tokens, ...configTokens(loaded.config)]
  const live = liveTokens(all, stored.deniedHashes, now)
  const rows = [
    ...agedTokens(live, now).map((token) => oldRow(token, now)),
    ...expiringTokens(live, now).map((token) => expiringRow(token, loaded, now)),
    ...checkPlainText(loaded),
  ]
  if (rows.length > 0) return rows
  return [
    well(
      'tokens',
      live.length === 0 ? 'There are none yet: the first start makes one.' : `${live.length} in use.`,
    ),
  ]
}

function oldRow(token: Token, now: number): DoctorRow {
  const sentence = `The secret of ${JSON.stringify(token.name)} is ${secretAgeDays(token, now)} days old.`
  return warning('tokens', sentence, `openclaw token rotate ${token.id}`)
}

function expiringRow(token: Token, { file }: LoadedConfig, now: number): DoctorRow {
  const sentence = `The token ${JSON.stringify(token.name)} expires in less than ${(daysLeft(token, now) ?? 0) + 1} days.`
  const remedy =
    token.source === 'config' ? editCommand(file ?? 'openclaw.json5') : `openclaw token rotate ${token.id}`
  return warning('tokens', sentence, remedy)
}

function checkPlainText({ plainSecrets, file }: LoadedConfig): readonly DoctorRow[] {
  const count = plainSecrets.filter((path) => /^api\.auth\.tokens\[\d+\]\.token$/.test(path)).length
  if (count === 0 || file === null) return []
  const sentence = `${count === 1 ? '1 token stands' : `${count} tokens stand`} in ${file} in plain text. Write "sha256:" and the SHA-256 of the secret in its place; the command asks for the secret and prints that.`
  return [
    warning(
      'tokens',
      sentence,
      `read -rs TOKEN && printf 'sha256:%s\\n' "$(printf %s "$TOKEN" | sha256sum | cut -c1-64)"`,
    ),
  ]
}
