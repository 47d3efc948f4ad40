import { createHash, randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import type { TokenParts } from '../../../src/domain/tokens/create-token.ts'
import { createGateway, type Gateway } from '../../../src/gateway.ts'
import { newSecret } from '../../support/tokens.ts'
import { type HandClock, handClock } from './hosted-gateway.ts'

/** When the clock of such a gateway stands at first. */
export const start = Date.parse('2026-11-22T12:00:00Z')

/** A gateway in this process, and what a test needs to move it and its tokens on. */
export interface Hosted extends AsyncDisposable {
  readonly clock: HandClock
  readonly parts: TokenParts
  /** A token of the config that expires after an hour. */
  readonly configSecret: string
  call(method: string, path: string, secret: string, body?: unknown): Promise<Response>
  models(secret: string): Promise<Response>
}

/** Starts a gateway in this process, whose clock stands until a test moves it. */
export async function hostWithClock(): Promise<Hosted> {
  await using stack = new AsyncDisposableStack()
  const home = mkdtempSync(join(tmpdir(), 'openclaw-token-care-'))
  stack.defer(() => rmSync(home, { recursive: true }))
  const { secret } = newSecret()
  const expiresAt = new Date(start + 3_600_000).toISOString()
  const config = { api: { auth: { tokens: [{ name: 'config', token: secret, scope: 'read', expiresAt }] } } }
  writeFileSync(join(home, 'openclaw.json5'), JSON.stringify(config), { mode: 0o600 })
  const env = { OPENCLAW_STATE_DIR: join(home, 'state'), OLLAMA_HOST: '127.0.0.1:1' }
  const clock = handClock(start)
  const loaded = loadConfig({ env, home, configFlag: join(home, 'openclaw.json5') })
  const gateway: Gateway = await createGateway({ loaded, env, version: '0.0.0' }, { clock })
  stack.defer(() => gateway.close(0))
  const url = await gateway.listen('127.0.0.1', 0)
  const { store, ids } = gateway.parts
  const owned = stack.move()
  const call: Hosted['call'] = (method, path, bearer, body) =>
    fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    clock,
    configSecret: secret,
    call,
    models: (bearer) => call('GET', '/api/v1/models', bearer),
    parts: {
      store,
      ids,
      now: clock.now,
      fillRandom: (bytes) => void randomFillSync(bytes),
      sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
