import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { looksLikeToken } from '../../src/domain/tokens/secret.ts'
import type { Token } from '../../src/domain/tokens/token.ts'
import { openStore } from '../../src/store/open-store.ts'
import { bin, type Home, makeHome, runNode } from './support.ts'

const dayMs = 86_400_000
const secretPattern = /oc_tok_[0-9A-Za-z]{36}/

test('token create prints exactly the three lines of the guide, with a secret that checks', async () => {
  using home = makeHome()
  const { code, stdout, stderr } = await home.run(
    'token',
    'create',
    '--name',
    'my-app',
    '--scope',
    'chat,send,read',
  )
  assert.equal(code, 0)
  assert.match(stderr, /^Keep it now: it is not shown again\. It expires on \d{4}-\d\d-\d\d\.\n$/)
  const today = new Date().toISOString().slice(0, 10)
  assert.match(
    stdout,
    new RegExp(`^Token: ${secretPattern.source}\nScope: chat, send, read\nCreated: ${today}\n$`),
  )
  assert.ok(looksLikeToken(secretIn(stdout)))
})

test('token create --json prints one object, and takes an expiry', async () => {
  using home = makeHome()
  const args = ['token', 'create', '--name', 'ci', '--scope', 'chat read', '--json']
  const { stdout } = await home.run(...args, '--expires', '12h')
  const made = JSON.parse(stdout)
  assert.deepEqual(Object.keys(made), ['id', 'name', 'token', 'scope', 'createdAt', 'expiresAt'])
  assert.match(made.id, /^tok_[0-9A-Za-z]+$/)
  assert.equal(made.name, 'ci')
  assert.deepEqual(made.scope, ['chat', 'read'])
  assert.equal(Date.parse(made.expiresAt) - Date.parse(made.createdAt), dayMs / 2)
  const endless = await home.run('token', 'create', '--name', 'a', '--scope', 'chat', '--expires', 'never')
  assert.match(endless.stderr, /It does not expire\./)
  const never = await home.run(...args.with(3, 'ci2'), '--expires', 'never')
  assert.equal(JSON.parse(never.stdout).expiresAt, null)
  const usual = JSON.parse((await home.run(...args.with(3, 'ci3'))).stdout)
  assert.equal(Date.parse(usual.expiresAt) - Date.parse(usual.createdAt), 90 * dayMs)
})

test('only the hash of a secret is kept, in a folder for this user alone', async () => {
  using home = makeHome()
  const { stdout } = await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  const secret = secretIn(stdout)
  const hash = createHash('sha256').update(secret).digest('hex')
  assert.deepEqual(
    (await stored(home)).map((token) => token.secrets[0]?.hash),
    [hash],
  )
  assert.ok(!readFileSync(home.databaseFile, 'latin1').includes(secret))
  assert.equal(statSync(`${home.folder}/state/openclaw`).mode & 0o077, 0)
})

test('two live tokens cannot share a name; a revoked one gives it free', async () => {
  using home = makeHome()
  home.writeConfig(
    `{ api: { auth: { tokens: [{ name: "crm", token: "a-secret-of-some-length", scope: "chat" }] } } }`,
  )
  const create = (name: string) => home.run('token', 'create', '--name', name, '--scope', 'chat')
  assert.equal((await create('a')).code, 0)
  for (const name of ['a', 'crm']) {
    assert.deepEqual(await create(name), {
      code: 1,
      stdout: '',
      stderr: `openclaw: There is a token named "${name}" already. Choose another name, or revoke that one first.\n`,
    })
  }
  assert.equal((await home.run('token', 'revoke', 'a')).code, 0)
  assert.equal((await create('a')).code, 0)
})

test('token list shows the tokens of the store and of the config, and neither secrets nor hashes', async () => {
  using home = makeHome()
  assert.match(
    (await home.run('token', 'list')).stdout,
    /^There are no tokens yet\. Make one: openclaw token create /,
  )
  home.writeConfig(
    '{ api: { auth: { tokens: [{ name: "crm", token: "a-secret-of-some-length", scope: ["chat", "send"], rateLimit: 30, expiresAt: "2020-01-01" }] } } }',
  )
  const secret = secretIn((await home.run('token', 'create', '--name', 'my app', '--scope', 'admin')).stdout)
  const json = await home.run('token', 'list', '--json')
  const { data } = JSON.parse(json.stdout)
  assert.deepEqual(
    data.map(({ name, scope, source, state, rateLimit }: Record<string, unknown>) => ({
      name,
      scope,
      source,
      state,
      rateLimit,
    })),
    [
      { name: 'my app', scope: ['admin'], source: 'store', state: 'active', rateLimit: null },
      { name: 'crm', scope: ['chat', 'send'], source: 'config', state: 'expired', rateLimit: 30 },
    ],
  )
  const plain = await home.run('token', 'list')
  const lines = plain.stdout.trimEnd().split('\n')
  assert.equal(lines.length, 3)
  assert.equal(lines[0]?.indexOf('NAME'), lines[1]?.indexOf('my app'))
  assert.match(
    lines[2] ?? '',
    /^tok_\w{26} {2}crm {5}chat,send {2}config {2}- {11}2020-01-01 {2}- {8} {2}expired$/,
  )
  for (const output of [json.stdout, plain.stdout]) {
    for (const hidden of [secret, 'a-secret-of-some-length', /[0-9a-f]{64}/])
      assert.doesNotMatch(output, new RegExp(hidden))
  }
})

test('token list warns of secrets older than 90 days, with the line that renews them', async () => {
  using home = makeHome()
  const now = Date.now()
  const old = tokenOf('old', now - 91 * dayMs)
  const renewed = { ...tokenOf('renewed', now - 200 * dayMs) }
  await withStore(home, async (store) => {
    await store.tokens.create(old)
    await store.tokens.create(renewed)
    await store.tokens.rotate(
      renewed.id,
      { hash: 'f'.repeat(64), hint: 'oc_tok_ffff', createdAt: now, expiresAt: null },
      now,
    )
    await store.tokens.create(tokenOf('young', now - 89 * dayMs))
  })
  const { code, stdout, stderr } = await home.run('token', 'list')
  assert.equal(code, 0)
  assert.equal(stdout.trimEnd().split('\n').length, 4)
  assert.equal(
    stderr,
    `warning: the secret of "old" is 91 days old. Renew it: openclaw token rotate ${old.id}\n`,
  )
})

test('token rotate gives a new secret under the same id, and the old one works for a day', async () => {
  using home = makeHome()
  const before = secretIn((await home.run('token', 'create', '--name', 'a', '--scope', 'chat')).stdout)
  const [token] = await stored(home)
  const { code, stdout, stderr } = await home.run('token', 'rotate', 'a')
  assert.equal(code, 0)
  assert.match(
    stdout,
    new RegExp(`^Token: ${secretPattern.source}\nScope: chat\nCreated: \\d{4}-\\d{2}-\\d{2}\n$`),
  )
  assert.notEqual(secretIn(stdout), before)
  const [rotated] = await stored(home)
  assert.equal(rotated?.id, token?.id)
  const [newer, older] = rotated?.secrets ?? []
  assert.equal(newer?.hash, createHash('sha256').update(secretIn(stdout)).digest('hex'))
  assert.equal(newer?.expiresAt, null)
  assert.equal(older?.hash, createHash('sha256').update(before).digest('hex'))
  assert.equal((older?.expiresAt ?? 0) - (newer?.createdAt ?? 0), dayMs)
  const until = new Date(older?.expiresAt ?? 0).toISOString()
  assert.match(
    stderr,
    new RegExp(
      `^Keep it now.* It expires on \\d{4}-\\d\\d-\\d\\d\\.\nThe old secret works until ${until}\\.\n$`,
    ),
  )
  const json = JSON.parse((await home.run('token', 'rotate', token?.id.slice(0, 20) ?? '', '--json')).stdout)
  assert.deepEqual(Object.keys(json), [
    'id',
    'name',
    'token',
    'scope',
    'createdAt',
    'expiresAt',
    'previousExpiresAt',
  ])
})

test('what cannot be rotated says why: a config token, a revoked one, one that is not there', async () => {
  using home = makeHome()
  home.writeConfig(
    `{ api: { auth: { tokens: [{ name: "crm", token: "a-secret-of-some-length", scope: "chat" }] } } }`,
  )
  await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  await home.run('token', 'revoke', 'a')
  const config = await home.run('token', 'rotate', 'crm')
  assert.equal(config.code, 2)
  assert.match(
    config.stderr,
    /^openclaw: The token "crm" stands in the config file\. Change its secret there/,
  )
  const revoked = await home.run('token', 'rotate', 'a')
  assert.equal(revoked.code, 1)
  assert.match(revoked.stderr, /^openclaw: The token "a" is revoked\. Make a new one/)
  assert.equal((await home.run('token', 'rotate', 'nobody')).code, 3)
})

test('token revoke takes the whole secret, the id, the name and a unique beginning of the id', async () => {
  using home = makeHome()
  const made: Token[] = []
  for (const name of ['by-secret', 'by-id', 'by-name', 'by-prefix']) {
    const { stdout } = await home.run('token', 'create', '--name', name, '--scope', 'chat')
    const token = (await stored(home)).find((one) => one.name === name)
    assert.ok(token)
    made.push(token)
    const reference =
      { 'by-secret': secretIn(stdout), 'by-id': token.id, 'by-name': name }[name] ?? token.id.slice(0, -1)
    assert.deepEqual(await home.run('token', 'revoke', reference), {
      code: 0,
      stdout: `Revoked ${token.id} (${name}). The next request with it is refused.\n`,
      stderr: '',
    })
  }
  for (const token of await stored(home)) assert.notEqual(token.revokedAt, null, token.name)
  const again = await home.run('token', 'revoke', 'by-name')
  assert.deepEqual(again, { code: 0, stdout: `${made[2]?.id} (by-name) was revoked already.\n`, stderr: '' })
})

test('an ambiguous reference lists what it could be and revokes nothing', async () => {
  using home = makeHome()
  for (const name of ['a', 'b']) await home.run('token', 'create', '--name', name, '--scope', 'chat')
  const [a, b] = await stored(home)
  assert.deepEqual(await home.run('token', 'revoke', 'tok_0'), {
    code: 2,
    stdout: '',
    stderr: `openclaw: That could be 2 tokens. Give the whole id of one of them.\n  ${a?.id}  a\n  ${b?.id}  b\n`,
  })
  for (const token of await stored(home)) assert.equal(token.revokedAt, null)
})

test('an unknown secret is not found and not repeated', async () => {
  using home = makeHome()
  for (const reference of ['oc_tok_a1b2c3d4e5f6g7h8i9j0', 'nobody', '', 'tok_', 't', '%', '__proto__']) {
    const { code, stdout, stderr } = await home.run('token', 'revoke', reference)
    assert.equal(code, 3, reference)
    assert.equal(stdout, '')
    assert.match(stderr, /^openclaw: There is no such token\. [^\n]*\n$/)
    if (reference.length > 2)
      assert.ok(!stderr.includes(`${reference} `) && !stderr.includes(`"${reference}"`))
  }
})

test("the guide's token revoke denies a config token by its hash, with the hint to delete its lines", async () => {
  using home = makeHome()
  home.writeConfig(
    '{ api: { auth: { tokens: [{ name: "my-web-app", token: "oc_tok_a1b2c3d4e5f6g7h8i9j0", scope: ["chat", "send", "read", "admin"], rateLimit: 120 }] } } }',
  )
  const { code, stdout, stderr } = await home.run('token', 'revoke', 'oc_tok_a1b2c3d4e5f6g7h8i9j0')
  assert.equal(code, 0)
  assert.match(stdout, /^Revoked tok_\w{26} \(my-web-app\)\. The next request with it is refused\.\n$/)
  assert.equal(stderr, `It still stands in ${home.configFile}: delete it under api.auth.tokens.\n`)
  const hash = createHash('sha256').update('oc_tok_a1b2c3d4e5f6g7h8i9j0').digest('hex')
  await withStore(home, async (store) => {
    assert.deepEqual((await store.tokens.load()).deniedHashes, [hash])
  })
  assert.match((await home.run('token', 'list')).stdout, /my-web-app .* revoked\n$/)
  assert.match((await home.run('token', 'revoke', 'my-web-app')).stdout, /was revoked already\.\n$/)
})

test('a mistake in the config file keeps nobody from revoking a token', async () => {
  using home = makeHome()
  await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  home.writeConfig('{ api: { port: "abc" } }')
  const { code, stdout, stderr } = await home.run('token', 'revoke', 'a')
  assert.equal(code, 0)
  assert.match(stdout, /^Revoked tok_/)
  assert.equal(
    stderr,
    [
      'openclaw.json5:1:16  api.port: found "abc" (a string); expected a whole number from 1 to 65535.',
      'The config file is left out, and its tokens with it: see openclaw config validate',
      '',
    ].join('\n'),
  )
})

test('a data folder that cannot be made is one line and exit code 1', async () => {
  using home = makeHome()
  const { code, stdout, stderr } = await runNode([bin, 'token', 'list'], {
    ...home.env,
    XDG_STATE_HOME: '/dev/null',
  })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^openclaw: [^\n]*\/dev\/null\/openclaw[^\n]*\n$/)
})

function secretIn(stdout: string): string {
  return secretPattern.exec(stdout)?.[0] ?? 'no secret'
}

function tokenOf(name: string, createdAt: number): Token {
  const hash = createHash('sha256').update(name).digest('hex')
  return {
    id: `tok_${hash.slice(0, 26)}`,
    name,
    scopes: ['chat'],
    source: 'store',
    rateLimit: null,
    allowedIps: null,
    models: null,
    createdAt,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    secrets: [{ hash, hint: 'oc_tok_0000', createdAt, expiresAt: null }],
  }
}

async function withStore<T>(
  home: Home,
  use: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore({ file: home.databaseFile })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

async function stored(home: Home): Promise<readonly Token[]> {
  return await withStore(home, async (store) => (await store.tokens.load()).tokens)
}
