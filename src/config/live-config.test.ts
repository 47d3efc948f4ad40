import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LiveConfig } from './live-config.ts'
import { loadConfig } from './load.ts'
import type { Config } from './schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'openclaw-live-config-'))
after(() => rmSync(folder, { recursive: true }))

const token = { name: 'app', token: 'a-secret-of-more-than-twenty-characters', scope: 'chat' }
const sample = { name: 'sample', token: 'oc_tok_a1b2c3d4e5f6g7h8i9j0', scope: 'chat' }

test('what has changed counts at once, and needs no restart', () => {
  const live = new LiveConfig(configOf({}))
  const waiting = live.replace(
    configOf({
      api: {
        auth: { tokens: [token] },
        limits: { concurrentStreams: 3 },
        rateLimit: { perToken: { maxRequests: 5 } },
        security: { allowedIPs: ['10.0.0.0/8'], maxBodySize: '2KB', cors: { origins: ['http://app.test'] } },
        trustedProxies: ['127.0.0.1'],
        publicUrl: 'https://gateway.test',
      },
      models: { default: 'small', aliases: { fast: 'small' }, timeouts: { totalMs: 5000 } },
      conversations: { historyMessages: 7 },
      logging: { level: 'debug', format: 'json' },
    }),
  )
  assert.deepEqual(waiting, [])
  assert.deepEqual(
    live.tokens.map(({ name }) => name),
    ['app'],
  )
  const { http, settings } = live
  assert.equal(http.bodyBytesMax, 2048)
  assert.equal(http.concurrentStreams, 3)
  assert.equal(http.rateLimits.perToken.maxRequests, 5)
  assert.deepEqual(http.allowedIps, ['10.0.0.0/8'])
  assert.deepEqual(http.cors?.origins, ['http://app.test'])
  assert.deepEqual([http.trustedProxies, http.publicHosts], [['127.0.0.1'], ['gateway.test']])
  assert.deepEqual([settings.models.default, settings.models.aliases.fast], ['small', 'small'])
  assert.equal(settings.models.timeouts.totalMs, 5000)
  assert.equal(settings.conversations.historyMessages, 7)
  assert.equal(live.config.logging.level, 'debug')
})

test('what is bound at the start is named until the file says again what runs', () => {
  const live = new LiveConfig(configOf({}))
  const moved = { api: { host: '127.0.0.2', port: 4000 }, logging: { file: join(folder, 'other.log') } }
  assert.deepEqual(live.replace(configOf(moved)), ['api.host', 'api.port', 'logging.file'])
  const more = { ...moved, models: { default: 'small' } }
  assert.deepEqual(live.replace(configOf(more)), ['api.host', 'api.port', 'logging.file'])
  assert.deepEqual(live.replace(configOf({ models: { default: 'small' } })), [])
})

test('a file that names loopback opens no door of a gateway that listens to the network', () => {
  const live = new LiveConfig(configOf({ api: { host: '0.0.0.0', auth: { tokens: [token] } } }))
  const auth = { enabled: false, tokens: [token, sample] }
  const waiting = live.replace(configOf({ api: { host: '127.0.0.1', auth } }))
  assert.deepEqual(waiting, ['api.host', 'api.auth.enabled', 'api.auth.tokens'])
  assert.equal(live.http.authEnabled, true)
  assert.deepEqual(
    live.tokens.map(({ name }) => name),
    ['app'],
  )
})

test('on loopback the same file counts as it stands', () => {
  const live = new LiveConfig(configOf({}))
  assert.deepEqual(live.replace(configOf({ api: { auth: { enabled: false, tokens: [sample] } } })), [])
  assert.equal(live.http.authEnabled, false)
  assert.equal(live.tokens.length, 1)
})

test('settings are the same objects until the next change', () => {
  const live = new LiveConfig(configOf({}))
  const { http, settings, tokens } = live
  assert.ok(live.http === http && live.settings === settings && live.tokens === tokens)
  live.replace(configOf({}))
  assert.ok(live.http !== http && live.settings !== settings)
})

function configOf(value: unknown): Config {
  const file = join(folder, 'openclaw.json5')
  writeFileSync(file, JSON.stringify(value), { mode: 0o600 })
  return loadConfig({ configFlag: file, env: {}, home: folder }).config
}
