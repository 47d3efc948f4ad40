// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the config file's own variables.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Check } from 'typebox/value'
import { defaultConfig, loadConfig } from '../../src/config/load.ts'
import { configPath, statePaths } from '../../src/config/paths.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import { linesOf, loadText, problemsOf, withFolder } from './support.ts'

const home = '/home/someone'

test('without a file everything has its default', () => {
  const { config, file, problems } = defaultConfig({ env: {}, home })
  assert.equal(file, null)
  assert.deepEqual(problems, [])
  assert.equal(config.api.host, '127.0.0.1')
  assert.equal(config.api.port, 18_789)
  assert.equal(config.api.auth.enabled, true)
  assert.equal(config.api.security.maxBodySize, 1_048_576)
  assert.equal(config.api.security.allowedIPs, undefined)
  assert.deepEqual(config.api.rateLimit, { perToken: { windowMs: 60_000, maxRequests: 60 } })
  assert.deepEqual(config.models.timeouts, {
    connectMs: 5000,
    firstTokenMs: 60_000,
    idleMs: 30_000,
    totalMs: 110_000,
    streamMs: 600_000,
  })
  assert.deepEqual(config.channels, {})
  assert.ok(Check(ConfigSchema, config))
})

test('two loads share no default', () => {
  const first = defaultConfig({ env: {}, home }).config
  const second = defaultConfig({ env: {}, home }).config
  first.api.trustedProxies.push('10.0.0.1')
  first.models.aliases.a = 'b'
  assert.deepEqual(second.api.trustedProxies, [])
  assert.deepEqual(Object.keys(second.models.aliases), [])
})

const guide = [
  `// ~/.config/openclaw/openclaw.json5
  { "api": { "enabled": true, "port": 18789, "auth": { "enabled": true, "tokens": [
    { "name": "my-web-app", "token": "oc_tok_a1b2c3d4e5f6g7h8i9j0", "scope": ["chat", "send", "read", "admin"], "rateLimit": 120 // RPM
    },
    { "name": "crm-integration", "token": "oc_tok_x9y8z7w6v5u4t3s2r1q0", "scope": ["chat", "send"], "rateLimit": 30 }
  ] } } }`,
  `{ "api": { "webhooks": { "outgoing": [ { "url": "https://your-app.com/api/openclaw-callback", "secret": "your-webhook-secret",
    "events": ["message.received", "message.sent", "conversation.created", "channel.connected", "channel.disconnected"],
    "retry": { "maxAttempts": 3, "backoffMs": 5000 } } ] } } }`,
  `{ "api": { "rateLimit": {
    // Global limit
    "global": { "windowMs": 60000, "maxRequests": 120 },
    // Per-Token limit
    "perToken": { "windowMs": 60000, "maxRequests": 60 } } } }`,
  `{ "api": { "security": { "allowedIPs": ["10.0.0.0/8", "192.168.1.0/24"],
    "cors": { "enabled": true, "origins": ["https://your-app.com"], "methods": ["GET", "POST", "DELETE"] },
    "maxBodySize": "1MB" } } }`,
] as const

test("the guide's config files are valid; of its sample tokens each warns", () => {
  const [tokens, webhooks, rateLimit, security] = guide
  assert.deepEqual(
    problemsOf(tokens).map(({ severity, path }) => `${severity} ${path}`),
    ['warning api.auth.tokens[0].token', 'warning api.auth.tokens[1].token'],
  )
  assert.equal(loadText(tokens).config.api.auth.tokens[1]?.rateLimit, 30)
  for (const text of [webhooks, rateLimit, security]) assert.deepEqual(problemsOf(text), [])
  assert.deepEqual(loadText(rateLimit).config.api.rateLimit.global, { windowMs: 60_000, maxRequests: 120 })
})

const everything = `{
  $schema: "./schema.json",
  api: { enabled: true, host: "::1", port: 1, publicUrl: "https://gw.example.com", trustedProxies: ["10.0.0.1", "fd00::/8"],
    limits: { concurrentStreams: 5 },
    auth: { enabled: true, tokens: [{ name: "a b", token: "sha256:${'AB'.repeat(32)}", scope: "chat", rateLimit: 1, allowedIPs: [],
      models: [], expiresAt: "2027-01-01", budget: { amount: 0.5, per: "day" } }] },
    webhooks: { outgoing: [{ id: "a", url: "http://a.example:8080/x?y=z", secret: "s", previousSecret: "t", events: "message.*",
      retry: { schedule: "standard" }, allowPrivateNetwork: true }] },
    security: { promptInjection: "block", maxBodySize: 2048, cors: { origins: ["http://localhost:5173"] } } },
  models: { default: "demo", fallbacks: ["openai/gpt-x"], aliases: { fast: "gpt-x" }, retries: 0, currency: "EUR",
    providers: { openai: { apiKey: ["a", "b"] }, own: { api: "openai-completions", baseUrl: "http://127.0.0.1:1/v1",
      models: [{ id: "m", name: "M", contextWindow: 1, maxTokens: 1, tools: false, cost: { input: 0, output: 1.5, cacheRead: 0, cacheWrite: 0 } }],
      headers: { "X-A": "b" }, maxTokensField: "max_tokens" } } },
  channels: { telegram: { botToken: "1:a", groups: { "-100": { requireMention: false } }, allowFrom: [12, "34"], groupPolicy: "disabled" },
    discord: { token: "x", guilds: { "1": {} } },
    slack: { botToken: "xoxb-1", appToken: "xapp-1", channels: { C1: {} }, dmPolicy: "open", allowFrom: ["*"] } },
  skills: { dirs: ["./skills", "~/more", "/abs"], entries: { one: { enabled: false, env: { A: "b" } } } },
  logging: { level: "debug", file: "gateway.log", format: "json" },
  audit: { retentionDays: 7 },
  conversations: { historyMessages: 10, retentionDays: 30, summarize: true },
}`

test('every key of the contract is known, and every value comes in its final form', () => {
  assert.deepEqual(linesOf(everything), [])
  const { config, file } = loadText(everything)
  assert.ok(Check(ConfigSchema, config))
  assert.deepEqual(config.api.publicUrl, ['https://gw.example.com'])
  assert.deepEqual(config.api.auth.tokens[0]?.scope, ['chat'])
  assert.equal(config.api.auth.tokens[0]?.token, `sha256:${'ab'.repeat(32)}`)
  assert.equal(config.api.auth.tokens[0]?.expiresAt, '2027-01-01T00:00:00.000Z')
  assert.equal(config.models.providers.openai?.baseUrl, 'https://api.openai.com/v1')
  assert.deepEqual(config.models.providers.own?.apiKey, [])
  assert.deepEqual(config.channels.telegram?.allowFrom, ['12', '34'])
  assert.equal(config.channels.discord?.guilds['1']?.requireMention, true)
  const folder = (file ?? '').replace(/\/[^/]*$/, '')
  assert.deepEqual(config.skills.dirs, [join(folder, 'skills'), '/home/someone/more', '/abs'])
  assert.equal(config.logging.file, join(folder, 'gateway.log'))
})

test('a record holds what the file holds and nothing that every object has', () => {
  const { aliases } = loadText('{ models: { aliases: { a: "b" } } }').config.models
  assert.equal(aliases.constructor, undefined)
  assert.equal(aliases.toString, undefined)
})

for (const [text, bytes] of [
  ['"1MB"', 1_048_576],
  ['"1mb"', 1_048_576],
  ['"1.5 MB"', 1_572_864],
  ['"64KB"', 65_536],
  ['"2048B"', 2048],
  ['"2048"', 2048],
  ['2048', 2048],
  ['"100MiB"', 104_857_600],
] as const) {
  test(`maxBodySize ${text} is ${bytes} bytes`, () => {
    assert.equal(
      loadText(`{ api: { security: { maxBodySize: ${text} } } }`).config.api.security.maxBodySize,
      bytes,
    )
  })
}

test('variables stand for texts, and whole ones for numbers and booleans too', () => {
  const env = { HOST: 'localhost', PORT: '8080', OFF: 'false', KEY: 'sk-1' }
  const { config } = loadText(
    '{ api: { host: "${HOST}", port: "${PORT}", publicUrl: "http://${HOST}:${PORT}", enabled: "${OFF}" },' +
      ' models: { providers: { openai: { apiKey: "${KEY}" } }, default: "$${KEY}", fallbacks: ["$x", "a$"] } }',
    env,
  )
  assert.equal(config.api.host, 'localhost')
  assert.equal(config.api.port, 8080)
  assert.equal(config.api.enabled, false)
  assert.deepEqual(config.api.publicUrl, ['http://localhost:8080'])
  assert.deepEqual(config.models.providers.openai?.apiKey, ['sk-1'])
  assert.equal(config.models.default, '${KEY}')
  assert.deepEqual(config.models.fallbacks, ['$x', 'a$'])
  assert.match(
    linesOf('{ api: { port: "8${PORT}" } }', { PORT: '080' })[0] ?? '',
    /found a string of 4 characters/,
  )
  assert.match(
    linesOf('{ api: { port: "8080" } }')[0] ?? '',
    /found "8080" \(a string\); expected a whole number/,
  )
})

test('the config file is the one that is named, else the one that the environment names, else the XDG one', () => {
  const env = { OPENCLAW_CONFIG: '/b/own.json5', XDG_CONFIG_HOME: '/c' }
  assert.deepEqual(configPath({ configFlag: '/a.json5', env, home }), { file: '/a.json5', named: true })
  assert.deepEqual(configPath({ configFlag: 'a.json5', env, home }).file, join(process.cwd(), 'a.json5'))
  assert.deepEqual(configPath({ env, home }), { file: '/b/own.json5', named: true })
  assert.deepEqual(configPath({ env: { ...env, OPENCLAW_CONFIG: '' }, home }), {
    file: '/c/openclaw/openclaw.json5',
    named: false,
  })
  for (const folder of [undefined, '', 'relative']) {
    assert.equal(
      configPath({ env: { XDG_CONFIG_HOME: folder }, home }).file,
      `${home}/.config/openclaw/openclaw.json5`,
    )
  }
})

test('state stands where the environment says, else in the XDG folder', () => {
  const env = { OPENCLAW_STATE_DIR: '/a', XDG_STATE_HOME: '/b' }
  assert.deepEqual(statePaths({ env, home }), {
    stateDir: '/a',
    databaseFile: '/a/openclaw.db',
    logFile: '/a/logs/gateway.log',
  })
  assert.equal(statePaths({ env: { XDG_STATE_HOME: '/b' }, home }).stateDir, '/b/openclaw')
  assert.equal(statePaths({ env: {}, home }).stateDir, `${home}/.local/state/openclaw`)
})

test('the port is the flag, else the variable, else the file, else 18789', () => {
  withFolder((folder) => {
    const configFlag = join(folder, 'openclaw.json5')
    writeFileSync(configFlag, '{ api: { port: 3 } }')
    const env = { OPENCLAW_GATEWAY_PORT: '2' }
    assert.equal(loadConfig({ configFlag, portFlag: 1, env, home }).config.api.port, 1)
    assert.equal(loadConfig({ configFlag, env, home }).config.api.port, 2)
    assert.equal(loadConfig({ configFlag, env: { OPENCLAW_GATEWAY_PORT: '' }, home }).config.api.port, 3)
    assert.equal(loadConfig({ configFlag, env: { OPENCLAW_GATEWAY_PORT: '0' }, home }).config.api.port, 0)
    for (const text of ['abc', '65536', '-1', '1.5', ' 1', '1e3']) {
      const bad = { OPENCLAW_GATEWAY_PORT: text }
      assert.throws(() => loadConfig({ configFlag, env: bad, home }), {
        name: 'ConfigError',
        message: `environment  OPENCLAW_GATEWAY_PORT: found "${text}"; expected a whole number from 1 to 65535.`,
      })
      assert.equal(loadConfig({ configFlag, portFlag: 1, env: bad, home }).config.api.port, 1)
    }
  })
})

test('a file that nobody named may be missing; a named one, a folder and one that cannot be read may not', () => {
  withFolder((folder) => {
    const env = { XDG_CONFIG_HOME: folder }
    assert.equal(loadConfig({ env, home }).file, null)
    mkdirSync(join(folder, 'openclaw'))
    const file = join(folder, 'openclaw', 'openclaw.json5')
    writeFileSync(file, '{}')
    assert.equal(loadConfig({ env, home }).file, file)
    const message = (configFlag: string) => {
      try {
        return loadConfig({ configFlag, env: {}, home }).file
      } catch (error) {
        return error instanceof ConfigError ? error.message : 'another error'
      }
    }
    const loop = join(folder, 'loop')
    symlinkSync(loop, loop)
    assert.equal(message(join(folder, 'none.json5')), `${folder}/none.json5  there is no such file.`)
    assert.equal(message(join(file, 'none.json5')), `${file}/none.json5  there is no such file.`)
    assert.equal(message(folder), `${folder}  this is a folder, not a file.`)
    assert.equal(message(loop), `${loop}  the link leads back to itself.`)
    assert.match(message('/dev/zero') ?? '', /the file is larger than 1 MB/)
    assert.match(message('a\0b') ?? '', /this cannot be a path/)
  })
})

test('a file with a plain secret that other users can read warns; with a variable or a hash it does not', () => {
  withFolder((folder) => {
    const file = join(folder, 'openclaw.json5')
    const lines = (mode: number, token: string) => {
      writeFileSync(file, `{ api: { auth: { tokens: [{ name: "a", token: "${token}", scope: "chat" }] } } }`)
      chmodSync(file, mode)
      const { problems } = loadConfig({ configFlag: file, env: { TOKEN: 'a-secret-of-some-length' }, home })
      return problems.map(
        ({ line, column, path, severity, sentence }) => `${line}:${column} ${path} ${severity}: ${sentence}`,
      )
    }
    const warning =
      '1:47 api.auth.tokens[0].token warning: a secret in plain text, in a file that other users can read; run chmod 600 openclaw.json5, or put ${ENV_VAR} in its place.'
    assert.deepEqual(lines(0o644, 'a-secret-of-some-length'), [warning])
    assert.deepEqual(lines(0o640, 'a-secret-of-some-length'), [warning])
    assert.deepEqual(lines(0o600, 'a-secret-of-some-length'), [])
    assert.deepEqual(lines(0o644, '${TOKEN}'), [])
    assert.deepEqual(lines(0o644, `sha256:${'0'.repeat(64)}`), [])
  })
})

test('auth can be off on a loopback address alone', () => {
  const text = (host: string) => `{ api: { host: "${host}", auth: { enabled: false } } }`
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.deepEqual(linesOf(text(host)), [])
  for (const host of ['0.0.0.0', '::', '192.168.0.1', '::ffff:10.0.0.1', 'localhost.example.com']) {
    assert.equal(linesOf(text(host)).length, 1, host)
  }
})

// Keys and values that the schema knows, in places where they may not belong.
const word = fc.constantFrom(
  'api',
  'port',
  'auth',
  'tokens',
  'name',
  'token',
  'scope',
  'models',
  'providers',
  'openai',
  'channels',
  'telegram',
  'allowFrom',
  'webhooks',
  'outgoing',
  'url',
  'tls',
  'certFile',
  'security',
  'cors',
  'origins',
  '__proto__',
  'constructor',
)
const json5 = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(
      '1',
      '-0',
      '0x1F',
      'NaN',
      'Infinity',
      'null',
      'true',
      '"${A}"',
      '"${"',
      "'chat'",
      '.',
      '"\\0"',
      '"*"',
    ),
    fc.string().map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(word, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join()}}`),
  ),
})).value

function loadsOrRefuses(text: string): void {
  let loaded: ReturnType<typeof loadText>
  try {
    loaded = loadText(text, { A: 'a' })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.ok(error.problems.some((problem) => problem.severity === 'error'))
    return
  }
  assert.ok(Check(ConfigSchema, loaded.config), text)
}

test('any text at all is either loaded as the schema says or refused by ConfigError', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), loadsOrRefuses), { numRuns: 300 })
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\'\\/*\n\r ax01.+-$é') }), loadsOrRefuses),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(json5, (text) => loadsOrRefuses(String(text))),
    { numRuns: 1000 },
  )
})
