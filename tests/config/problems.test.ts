// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the config file's own variables.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesOf } from './support.ts'

const env = { EMPTY: '', WORD: 'abc', PORT: '8080', SECRET: 's3cr3t-from-the-environment' }
const good = 'oc_tok_4f8Kq0ZyWb2RtVn7XcJm1LpD9sGhEu3AqT5w'

const cases: readonly (readonly [name: string, text: string, lines: readonly string[]])[] = [
  [
    'a text where a number must be',
    '{\n  "api": {\n    "port": "abc",\n  },\n}',
    ['3:13  api.port: found "abc" (a string); expected a whole number from 1 to 65535.'],
  ],
  [
    'a number out of bounds, a fraction, infinity and nothing',
    '{ api: { port: 70000 }, models: { retries: 1.5, timeouts: { idleMs: Infinity, totalMs: NaN, streamMs: null } } }',
    [
      '1:16  api.port: found 70000 (a number); expected a whole number from 1 to 65535.',
      '1:44  models.retries: found 1.5 (a number); expected a whole number from 0 to 10.',
      '1:69  models.timeouts.idleMs: found Infinity (no finite number); expected a whole number from 1 to 3600000.',
      '1:88  models.timeouts.totalMs: found NaN (no finite number); expected a whole number from 1 to 3600000.',
      '1:103  models.timeouts.streamMs: found null; expected a whole number from 1 to 3600000.',
    ],
  ],
  [
    'a number, a list and an object where they cannot be',
    '{ api: { enabled: 1, host: [], trustedProxies: {}, tls: "x" } }',
    [
      '1:19  api.enabled: found 1 (a number); expected true or false.',
      '1:28  api.host: found a list; expected an IP address or a host name, without a port.',
      '1:48  api.trustedProxies: found an object; expected a list in [ ], each an IP address or a range such as "10.0.0.0/8".',
      '1:57  api.tls: found "x" (a string); expected an object in { }.',
    ],
  ],
  [
    'a value out of a closed list, with the one that was meant',
    '{ logging: { level: "wran", format: "xml" } }',
    [
      '1:21  logging.level: found "wran" (a string); expected one of "debug", "info", "warn", "error". Did you mean "warn"?',
      '1:37  logging.format: found "xml" (a string); expected one of "text", "json".',
    ],
  ],
  [
    'a key that must be there',
    `{ api: { auth: { tokens: [\n  { name: "a", token: "${good}" },\n] } } }`,
    [
      '2:3  api.auth.tokens[0].scope: is missing; expected one of "chat", "send", "read", "admin", or a list of such of at least 1.',
    ],
  ],
  [
    'an empty scope and an empty name',
    `{ api: { auth: { tokens: [{ name: "", token: "${good}", scope: [] }] } } }`,
    [
      '1:35  api.auth.tokens[0].name: found "" (a string); expected a name of 1 to 64 characters, with no spaces at its ends.',
      '1:100  api.auth.tokens[0].scope: found an empty list; expected at least one: one of "chat", "send", "read", "admin".',
    ],
  ],
  [
    'a secret of the wrong shape is not shown',
    '{ api: { auth: { tokens: [{ name: "a", token: "not a secret", scope: "chat" }] } }, models: { providers: { openai: { apiKey: " sk-123" } } } }',
    [
      '1:47  api.auth.tokens[0].token: found a string of 12 characters; expected a secret of 8 to 256 visible characters without spaces, or "sha256:" and 64 hex digits.',
      '1:126  models.providers.openai.apiKey: found a string of 7 characters; expected a text of 1 to 4096 visible characters without spaces at its ends.',
    ],
  ],
  [
    'a secret in the wrong place, and credentials in an address, are not shown',
    `{ api: { host: "${good}", publicUrl: ["https://user:hunter2@gw.example.com", "https://:hunter2@b"] } }`,
    [
      '1:16  api.host: found a string of 43 characters; expected an IP address or a host name, without a port.',
      '1:75  api.publicUrl[0]: found a string of 35 characters; expected an address that starts with "http://" or "https://" and holds no user name, password or "#".',
      '1:114  api.publicUrl[1]: found a string of 18 characters; expected an address that starts with "http://" or "https://" and holds no user name, password or "#".',
    ],
  ],
  [
    'a hash of the wrong length',
    '{ api: { auth: { tokens: [{ name: "a", token: "sha256:abc", scope: "chat" }] } } }',
    [
      '1:47  api.auth.tokens[0].token: found a string of 10 characters; expected a secret of 8 to 256 visible characters without spaces, or "sha256:" and 64 hex digits.',
    ],
  ],
  [
    'the same name and the same secret twice, also by its hash',
    '{ api: { auth: { tokens: [\n  { name: "a", token: "a-secret-of-some-length", scope: "chat" },\n  { name: "a", token: "sha256:5fb0a94e8e9d7ab15ba3acaea1d1a4bb7ce1a0cbb2f7b2a1ee5b6ed6e8ad9b02", scope: "chat" },\n  { name: "b", token: "a-secret-of-some-length", scope: "chat" },\n] } } }',
    [
      '3:11  api.auth.tokens[1].name: the name "a" stands at api.auth.tokens[0].name already.',
      '4:23  api.auth.tokens[2].token: the same secret stands at api.auth.tokens[0].token already.',
    ],
  ],
  [
    'addresses that are none',
    '{ api: { trustedProxies: ["10.0.0.0/33", "10.0.0", "::1/129", "example.com", "10.0.0.1/8/8"], security: { allowedIPs: ["10.0.0.0/08"] } } }',
    ['1:27', '1:42', '1:52', '1:63', '1:78']
      .map((place, index) => {
        const found = ['10.0.0.0/33', '10.0.0', '::1/129', 'example.com', '10.0.0.1/8/8'][index]
        return `${place}  api.trustedProxies[${index}]: found "${found}" (a string); expected an IP address or a range such as "10.0.0.0/8".`
      })
      .concat(
        '1:120  api.security.allowedIPs[0]: found "10.0.0.0/08" (a string); expected an IP address or a range such as "10.0.0.0/8".',
      ),
  ],
  [
    'origins that are not exact',
    '{ api: { security: { cors: { origins: ["*", "null", "https://a.com/", "a.com", "https://A.com", "https://a.com:443", "https://*.example"] } } } }',
    ['1:40', '1:45', '1:53', '1:71', '1:80', '1:97', '1:118'].map((place, index) => {
      const found = [
        '*',
        'null',
        'https://a.com/',
        'a.com',
        'https://A.com',
        'https://a.com:443',
        'https://*.example',
      ][index]
      return `${place}  api.security.cors.origins[${index}]: found "${found}" (a string); expected an exact origin such as "https://your-app.com": scheme, host and port, without a path or a slash at the end; "*" and "null" are no origins, and "*" in a name stands for no other: write each origin out.`
    }),
  ],
  [
    'a method that is none',
    '{ api: { security: { cors: { methods: ["GET", "FETCH"] } } } }',
    [
      '1:47  api.security.cors.methods[1]: found "FETCH" (a string); expected one of "GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS".',
    ],
  ],
  [
    'sizes that cannot be',
    '{ api: { security: { maxBodySize: "1TB" } } }',
    [
      '1:35  api.security.maxBodySize: found "1TB" (a string); expected a size such as "1MB", "512KB" or a number of bytes, from 1KB to 100MB.',
    ],
  ],
  [
    'a day that is not in the calendar',
    `{ api: { auth: { tokens: [{ name: "a", token: "${good}", scope: "chat", expiresAt: "2026-02-30" }] } } }`,
    [
      '1:120  api.auth.tokens[0].expiresAt: found "2026-02-30" (a string); expected a date such as "2026-12-31" or "2026-12-31T18:00:00Z".',
    ],
  ],
  [
    'a host with a port, and a mistyped address',
    '{ api: { host: "127.0.0.1:80" } }',
    [
      '1:16  api.host: found "127.0.0.1:80" (a string); expected an IP address or a host name, without a port.',
    ],
  ],
  [
    'everybody let in from everywhere',
    '{\n  api: {\n    host: "0.0.0.0",\n    auth: { enabled: false },\n  },\n}',
    [
      '3:11  api.host: found "0.0.0.0" with api.auth.enabled false: everybody could use the gateway. Set api.auth.enabled to true, or api.host to "127.0.0.1".',
    ],
  ],
  [
    'a variable that is not set, beside one that is',
    '{ api: { host: "${WORD}.${NOT_SET}", publicUrl: ["${ALSO_NOT_SET}"] } }',
    [
      '1:25  api.host: the environment variable NOT_SET is not set.',
      '1:51  api.publicUrl[0]: the environment variable ALSO_NOT_SET is not set.',
    ],
  ],
  [
    'a variable that holds nothing, or what cannot be, is told by its name alone',
    '{ api: { host: "${EMPTY}", port: "${SECRET}" } }',
    [
      '1:16  api.host: found a string of 0 characters from the variable EMPTY; expected an IP address or a host name, without a port.',
      '1:34  api.port: found a string of 27 characters from the variable SECRET; expected a whole number from 1 to 65535.',
    ],
  ],
  [
    'a variable without a name or an end',
    '{ models: { default: "${}", aliases: { a: "${1A}", b: "${WORD" } } }',
    ['1:23  models.default', '1:44  models.aliases.a', '1:56  models.aliases.b'].map(
      (start) =>
        `${start}: found "\${" without a variable's name and "}"; write $\${ where no variable is meant.`,
    ),
  ],
  [
    'unknown keys, with what was meant beside or elsewhere',
    '{\n  port: 1,\n  api: { prot: 1, max_body_size: 1, enable: true },\n  modles: {},\n  gateway: {}, enabled: 1, constructor: 1,\n  "nothing like it": 1,\n}',
    [
      '2:3  warning: port: unknown key, ignored. Did you mean api.port?',
      '3:10  warning: api.prot: unknown key, ignored. Did you mean api.port?',
      '3:19  warning: api.max_body_size: unknown key, ignored. Did you mean api.security.maxBodySize?',
      '3:37  warning: api.enable: unknown key, ignored. Did you mean api.enabled?',
      '4:3  warning: modles: unknown key, ignored. Did you mean models?',
      '5:3  warning: gateway: unknown key, ignored.',
      '5:16  warning: enabled: unknown key, ignored.',
      '5:28  warning: constructor: unknown key, ignored.',
      '6:3  warning: ["nothing like it"]: unknown key, ignored.',
    ],
  ],
  [
    'a key that stands twice, and one that nobody may use',
    '{\n  api: {},\n  "api": { port: 1 },\n  models: { aliases: { __proto__: "x" } },\n}',
    [
      '3:3  api: stands twice; the first one is on line 2.',
      '4:24  models.aliases.__proto__: this name cannot be used.',
    ],
  ],
  [
    'a provider of an unknown name without its dialect and address',
    '{ models: { providers: { anthropic: {}, mine: { apiKey: "${SECRET}" }, "My One": {} } } }',
    [
      '1:47  models.providers.mine.api: is missing; expected one of "anthropic-messages", "openai-completions".',
      '1:47  models.providers.mine.baseUrl: is missing; expected an address that starts with "http://" or "https://" and holds no user name, password or "#".',
      '1:72  models.providers["My One"]: this name cannot be; expected 1 to 64 lower-case letters, digits, ".", "_" or "-".',
      '1:82  models.providers["My One"].api: is missing; expected one of "anthropic-messages", "openai-completions".',
      '1:82  models.providers["My One"].baseUrl: is missing; expected an address that starts with "http://" or "https://" and holds no user name, password or "#".',
    ],
  ],
  [
    'a header that would end the headers',
    '{ models: { providers: { openai: { headers: { "X-Team": "a\\r\\nB: c", "X Y": "z" } } } } }',
    [
      '1:57  models.providers.openai.headers.X-Team: found a string of 7 characters; expected a text of 1 to 4096 visible characters without spaces at its ends.',
      '1:70  models.providers.openai.headers["X Y"]: this name cannot be; expected the name of an HTTP header.',
    ],
  ],
  [
    'a webhook to nowhere, of an unknown event, unsigned, twice',
    '{ api: { webhooks: { outgoing: [\n  { url: "ftp://x", secret: "s" },\n  { url: "https://a.example/?key=hunter2", events: ["message.recieved"] },\n  { url: "https://a.example/?key=hunter2", secret: "s", retry: { maxAttempts: 0 } },\n] } } }',
    [
      '2:10  api.webhooks.outgoing[0].url: found a string of 7 characters; expected an address that starts with "http://" or "https://" and holds no user name, password or "#".',
      '3:3  warning: api.webhooks.outgoing[1]: without a secret the deliveries are not signed.',
      '3:53  api.webhooks.outgoing[1].events[0]: found "message.recieved" (a string); expected one of "message.received", "message.sent", "conversation.created", "channel.connected", "channel.disconnected", "token.expiring", "budget.warning", "webhook.disabled", "message.*", "conversation.*", "channel.*", "token.*", "budget.*", "webhook.*", "*". Did you mean "message.received"?',
      '4:10  api.webhooks.outgoing[2].url: the same address without an id stands at api.webhooks.outgoing[1].url already.',
      '4:79  api.webhooks.outgoing[2].retry.maxAttempts: found 0 (a number); expected a whole number from 1 to 20.',
    ],
  ],
  [
    'a bot that is open by mistake, and an id that has lost its last digits',
    '{ channels: { telegram: { dmPolicy: "open", allowFrom: [123] }, discord: { allowFrom: [1234567890123456789] } } }',
    [
      '1:25  warning: channels.telegram: has no botToken, and TELEGRAM_BOT_TOKEN is not set: the channel cannot connect.',
      '1:37  channels.telegram.dmPolicy: found "open"; that needs allowFrom: ["*"] beside it, so that nobody opens a bot by mistake.',
      '1:74  warning: channels.discord: has no token, and DISCORD_BOT_TOKEN is not set: the channel cannot connect.',
      '1:88  channels.discord.allowFrom[0]: found 1234567890123456800 (a number); expected a text of 1 to 100 characters or a whole number. Put it in quotes.',
    ],
  ],
  [
    'certificates: one without the other, and one that is not there',
    '{ api: { tls: { certFile: "/nowhere/cert.pem" } } }',
    ['1:15  api.tls.keyFile: is missing; expected a path.'],
  ],
  [
    'certificates that are not there',
    '{ api: { tls: { certFile: "/nowhere/cert.pem", keyFile: "~/key.pem" } } }',
    [
      '1:27  api.tls.certFile: there is no such file: /nowhere/cert.pem',
      '1:57  api.tls.keyFile: there is no such file: /home/someone/key.pem',
    ],
  ],
  [
    'a NUL and half a character in a text',
    '{ models: { default: "a\\0", fallbacks: ["\\ud800"] } }',
    [
      '1:22  models.default: found "a\\u0000" (a string); expected a text of 1 to 200 characters.',
      '1:41  models.fallbacks[0]: found "\\ud800" (a string); expected a text of 1 to 200 characters.',
    ],
  ],
  [
    'a weak secret warns',
    '{ api: { auth: { tokens: [{ name: "a", token: "password", scope: "chat" }] } } }',
    [
      '1:47  warning: api.auth.tokens[0].token: a secret of 8 characters can be guessed; make one with: openclaw token create.',
    ],
  ],
  [
    'a long text is cut',
    `{ api: { host: "${'a '.repeat(200)}" } }`,
    [
      `1:16  api.host: found "${'a '.repeat(20)}"… (a string of 400 characters); expected an IP address or a host name, without a port.`,
    ],
  ],
  ['a file that is a list', '[]', ['1:1  found a list; expected an object in { }.']],
]

for (const [name, text, lines] of cases) {
  test(`${name}: each problem is told with its place`, () => {
    assert.deepEqual(
      linesOf(text, env),
      lines.map((line) => `openclaw.json5:${line}`),
    )
  })
}

test('lines end with CR, LF or both, and a byte order mark is no character', () => {
  const text = '\uFEFF{\r\n  // a comment\r  /* one\n  more */ api: { port: 0 },\n}'
  assert.deepEqual(linesOf(text), [
    'openclaw.json5:4:24  api.port: found 0 (a number); expected a whole number from 1 to 65535.',
  ])
})

test('the sample tokens of the guide warn on a loopback address and are refused beyond', () => {
  const text = (host: string) =>
    `{ api: { host: "${host}", auth: { tokens: [{ name: "a", token: "oc_tok_xxx", scope: "chat" }] } } }`
  const sentence =
    'a sample token from the documentation, which the whole world has read; make your own with: openclaw token create.'
  for (const host of [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LocalHost',
  ]) {
    assert.deepEqual(linesOf(text(host)), [
      `openclaw.json5:1:${57 + host.length}  warning: api.auth.tokens[0].token: ${sentence}`,
    ])
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'gateway.example.com']) {
    assert.deepEqual(linesOf(text(host)), [
      `openclaw.json5:1:${57 + host.length}  api.auth.tokens[0].token: ${sentence}`,
    ])
  }
})

test('no more than 100 problems are kept', () => {
  const text = `{ api: { trustedProxies: [${'"x",'.repeat(100)}], publicUrl: [${'"x",'.repeat(20)}] } }`
  assert.equal(linesOf(text).length, 100)
})
