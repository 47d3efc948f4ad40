import { accessSync, constants } from 'node:fs'
import { basename } from 'node:path'
import { isSampleSecret, secretHash } from './config-tokens.ts'
import { isLoopback } from './loopback.ts'
import type { Problem } from './problem.ts'
import { memberPath, placeOfPath, type Reading, report } from './reading.ts'
import type { Config } from './schema.ts'

type Token = Config['api']['auth']['tokens'][number]

const weakSecretLength = 20

/** Notes what no single value shows: two that exclude each other, a name that stands twice, a secret that the world can read. */
export function checkRules(config: Config, reading: Reading, readableByOthers: boolean): void {
  checkExposure(config, reading)
  checkTokens(config.api.auth.tokens, isLoopback(config.api.host), reading)
  checkTls(config, reading)
  checkWebhooks(config, reading)
  checkChannels(config, reading)
  const [secret] = reading.plainSecrets
  if (readableByOthers && secret !== undefined) {
    const remedy = `run chmod 600 ${basename(reading.file)}, or put \${ENV_VAR} in its place`
    note(
      reading,
      'warning',
      secret,
      `a secret in plain text, in a file that other users can read; ${remedy}.`,
    )
  }
}

function checkExposure({ api }: Config, reading: Reading): void {
  if (api.auth.enabled || isLoopback(api.host)) return
  const path = reading.places.has('api.host') ? 'api.host' : 'api.auth.enabled'
  const sentence = `found ${JSON.stringify(api.host)} with api.auth.enabled false: everybody could use the gateway. Set api.auth.enabled to true, or api.host to "127.0.0.1".`
  note(reading, 'error', path, sentence)
}

function checkTokens(tokens: readonly Token[], loopback: boolean, reading: Reading): void {
  const names = new Map<string, string>()
  const hashes = new Map<string, string>()
  for (const token of tokens) {
    const path = (key: string) => memberPath(reading.paths.get(token) ?? '', key)
    checkUnique(names, token.name, path('name'), `the name ${JSON.stringify(token.name)}`, reading)
    checkUnique(hashes, secretHash(token.token), path('token'), 'the same secret', reading)
    if (isSampleSecret(token.token)) {
      const sentence =
        'a sample token from the documentation, which the whole world has read; make your own with: openclaw token create'
      note(reading, loopback ? 'warning' : 'error', path('token'), `${sentence}.`)
    } else if (!token.token.startsWith('sha256:') && token.token.length < weakSecretLength) {
      const sentence = `a secret of ${token.token.length} characters can be guessed; make one with: openclaw token create`
      note(reading, 'warning', path('token'), `${sentence}.`)
    }
  }
}

function checkTls({ api }: Config, reading: Reading): void {
  if (api.tls === undefined) return
  for (const key of ['certFile', 'keyFile'] as const) {
    try {
      accessSync(api.tls[key], constants.R_OK)
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      const sentence = missing ? 'there is no such file' : 'this user may not read the file'
      note(reading, 'error', `api.tls.${key}`, `${sentence}: ${api.tls[key]}`)
    }
  }
}

function checkWebhooks({ api }: Config, reading: Reading): void {
  const endpoints = new Map<string, string>()
  for (const endpoint of api.webhooks.outgoing) {
    const path = (key: string) => memberPath(reading.paths.get(endpoint) ?? '', key)
    if (endpoint.id === undefined) {
      checkUnique(endpoints, `url ${endpoint.url}`, path('url'), 'the same address without an id', reading)
    } else {
      checkUnique(
        endpoints,
        `id ${endpoint.id}`,
        path('id'),
        `the id ${JSON.stringify(endpoint.id)}`,
        reading,
      )
    }
    if (endpoint.secret === undefined) {
      note(
        reading,
        'warning',
        reading.paths.get(endpoint) ?? '',
        'without a secret the deliveries are not signed.',
      )
    }
  }
}

function checkChannels({ channels }: Config, reading: Reading): void {
  for (const [name, channel] of Object.entries(channels)) {
    if (channel.dmPolicy !== 'open' || channel.allowFrom.includes('*')) continue
    const sentence =
      'found "open"; that needs allowFrom: ["*"] beside it, so that nobody opens a bot by mistake.'
    note(reading, 'error', `channels.${name}.dmPolicy`, sentence)
  }
}

function checkUnique(
  seen: Map<string, string>,
  key: string,
  path: string,
  what: string,
  reading: Reading,
): void {
  const first = seen.get(key)
  if (first === undefined) seen.set(key, path)
  else note(reading, 'error', path, `${what} stands at ${first} already.`)
}

function note(reading: Reading, severity: Problem['severity'], path: string, sentence: string): void {
  // What is not known breaks no rule.
  if (reading.unset?.some((value) => value.path === path)) return
  report(reading, severity, placeOfPath(reading, path), path, sentence)
}
