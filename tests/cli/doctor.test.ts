import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeCertificate } from '../access/support/certificate.ts'
import { newSecret, tokenWith } from '../support/tokens.ts'
import { doctor, withStore } from './doctor-support.ts'
import { makeHome } from './support.ts'

const dayMs = 86_400_000
const plainSecret = 'a-plain-secret-of-thirty-characters'

test('on a new machine all is well but for a model, and nothing is made or changed', async () => {
  using home = makeHome()
  const { code, stdout, stderr } = await home.run('doctor')
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines.at(-1), '0 errors, 1 warning.')
  for (const check of ['node', 'config', 'exposure', 'permissions', 'tokens', 'clock', 'disk', 'database']) {
    assert.ok(
      lines.some((line) => line.startsWith(`ok       ${check} `)),
      check,
    )
  }
  assert.match(stdout, /^warning {2}models .*demo model.*\n +\$ export ANTHROPIC_API_KEY=…$/m)
  assert.equal(spawnSync('find', [home.folder, '-mindepth', '1']).stdout.toString(), '')
})

test('--json gives rows of check, status, sentence and remedy; only what is not well has a remedy', async () => {
  using home = makeHome()
  const { code, rows } = await doctor(home)
  assert.equal(code, 0)
  for (const row of rows) {
    assert.deepEqual(Object.keys(row), ['check', 'status', 'sentence', 'remedy'])
    assert.equal(row.remedy === null, row.status === 'ok', row.sentence)
    assert.match(row.sentence, /\.$/)
  }
})

test('each mistake in the config is named with its place and opened by its remedy, and the rest is looked at', async () => {
  using home = makeHome()
  home.writeConfig('{\n  api: { port: 0 },\n  modls: {},\n}')
  const { code, rows } = await doctor(home)
  assert.equal(code, 1)
  assert.deepEqual(
    rows.filter(({ check }) => check === 'config').map(({ status, remedy }) => [status, remedy]),
    [
      ['error', `"\${EDITOR:-vi}" +2 ${home.configFile}`],
      ['warning', `"\${EDITOR:-vi}" +3 ${home.configFile}`],
    ],
  )
  assert.match(rows[1]?.sentence ?? '', /^openclaw\.json5:2:16 {2}api\.port: found 0/)
  assert.ok(rows.some(({ check }) => check === 'database'))
  const bad = await doctor(home, { OPENCLAW_GATEWAY_PORT: 'x', OPENCLAW_CONFIG: '/dev/null' })
  assert.ok(bad.rows.some(({ remedy }) => remedy === 'unset OPENCLAW_GATEWAY_PORT'))
})

test('old and expiring tokens are named with the command that renews them', async () => {
  using home = makeHome()
  const now = Date.now()
  const { kept } = newSecret()
  const old = tokenWith({ name: 'old', secrets: [{ ...kept, createdAt: now - 120 * dayMs }] }).token
  const soon = tokenWith({ name: 'soon', createdAt: now, expiresAt: now + 3.5 * dayMs }).token
  const gone = tokenWith({ name: 'gone', revokedAt: now - 1 }).token
  await withStore(home, async (store) => {
    for (const token of [old, gone]) await store.tokens.create(token)
    await store.tokens.create({
      ...soon,
      secrets: soon.secrets.map((secret) => ({ ...secret, createdAt: now })),
    })
  })
  const expiresAt = new Date(now + 10.5 * dayMs).toISOString()
  const hashed = { name: 'hashed', token: `sha256:${'a'.repeat(64)}`, scope: 'chat', expiresAt }
  home.writeConfig(JSON.stringify({ api: { auth: { tokens: [hashed] } } }))
  const { code, rows } = await doctor(home)
  assert.equal(code, 0)
  assert.deepEqual(
    rows
      .filter(({ check }) => check === 'tokens')
      .map(({ status, sentence, remedy }) => [status, sentence, remedy]),
    [
      ['warning', 'The secret of "old" is 120 days old.', `openclaw token rotate ${old.id}`],
      ['warning', 'The token "soon" expires in less than 4 days.', `openclaw token rotate ${soon.id}`],
      ['warning', 'The token "hashed" expires in less than 11 days.', `"\${EDITOR:-vi}" ${home.configFile}`],
    ],
  )
})

test('weak, sample and plain tokens of the config are found, and a variable or a hash is neither', async () => {
  using home = makeHome()
  const tokens = [
    { name: 'weak', token: 'short-secret', scope: 'chat' },
    { name: 'sample', token: 'oc_tok_a1b2c3d4e5f6g7h8i9j0', scope: 'chat' },
    { name: 'variable', token: `\${A_TOKEN}`, scope: 'chat' },
    { name: 'hashed', token: `sha256:${'a'.repeat(64)}`, scope: 'chat' },
  ]
  home.writeConfig(JSON.stringify({ api: { auth: { tokens } } }))
  const { code, rows, stdout } = await doctor(home, { A_TOKEN: plainSecret })
  assert.equal(code, 0)
  const config = rows.filter(({ check }) => check === 'config')
  assert.match(config[0]?.sentence ?? '', /tokens\[0\]\.token: a secret of 12 characters can be guessed/)
  assert.match(config[1]?.sentence ?? '', /tokens\[1\]\.token: a sample token from the documentation/)
  const [plain] = rows.filter(({ check }) => check === 'tokens')
  assert.match(plain?.sentence ?? '', /^2 tokens stand in .* in plain text\./)
  for (const { token } of tokens.slice(0, 2)) assert.ok(!stdout.includes(token))
  assert.ok(!stdout.includes(plainSecret))
  const asked = spawnSync('bash', ['-c', String(plain?.remedy)], { input: `${plainSecret}\n` })
  assert.match(asked.stdout.toString(), /^sha256:[0-9a-f]{64}\n$/)
})

test('an address beyond this machine without TLS is wrong, unless a proxy is named', async () => {
  using home = makeHome()
  const exposure = async (api: unknown): Promise<string | undefined> => {
    home.writeConfig(JSON.stringify({ api }))
    return (await doctor(home)).rows.find(({ check }) => check === 'exposure')?.status
  }
  makeCertificate(home.folder, 'gateway.test')
  const tls = {
    certFile: join(home.folder, 'gateway.test.cert.pem'),
    keyFile: join(home.folder, 'gateway.test.key.pem'),
  }
  assert.equal(await exposure({ host: '0.0.0.0' }), 'error')
  assert.equal(await exposure({ host: '0.0.0.0', trustedProxies: ['10.0.0.1'] }), 'ok')
  assert.equal(await exposure({ host: '::', tls }), 'ok')
  assert.equal(await exposure({ host: '::1' }), 'ok')
  assert.equal(await exposure({ auth: { enabled: false } }), 'warning')
})

test('a certificate that ends soon, that has another key, or that is none is found', async () => {
  using home = makeHome()
  for (const name of ['one', 'two']) makeCertificate(home.folder, name)
  writeFileSync(join(home.folder, 'none.pem'), 'not PEM')
  const certificate = async (cert: string, key: string): Promise<string | undefined> => {
    const tls = { certFile: join(home.folder, cert), keyFile: join(home.folder, key) }
    home.writeConfig(JSON.stringify({ api: { tls } }))
    const row = (await doctor(home)).rows.find(({ check }) => check === 'certificate')
    return `${row?.status}: ${row?.sentence}`
  }
  assert.match((await certificate('one.cert.pem', 'one.key.pem')) ?? '', /^warning: .* expires on \d{4}-/)
  assert.match((await certificate('one.cert.pem', 'two.key.pem')) ?? '', /^error: .* does not belong to/)
  assert.match((await certificate('none.pem', 'one.key.pem')) ?? '', /^error: .* cannot be read as PEM/)
})
