import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createToken } from '../../src/domain/tokens/create-token.ts'
import { revokeToken } from '../../src/domain/tokens/revoke-token.ts'
import { rotateToken } from '../../src/domain/tokens/rotate-token.ts'
import { openStore } from '../../src/store/open-store.ts'
import { hostWithClock, start } from '../access/support/clock-gateway.ts'
import { bin, runNode } from '../cli/support.ts'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { startGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { sha256Hex, tokenWith } from '../support/tokens.ts'
import { useGateway } from '../support/use-gateway.ts'

const dayMs = 86_400_000

test('a token is answered by its own models alone, and sees no others', async () => {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startOpenAiServer())
  const provider = { api: 'openai-completions', baseUrl: upstream.url, apiKey: openAiDefaults.apiKey }
  const scope = ['chat', 'read']
  const gateway = await useGateway(stack, {
    config: {
      models: { default: 'o4-mini', aliases: { cheap: 'gpt-4o-mini' }, providers: { up: provider } },
    },
    tokens: {
      admin: { scope: ['admin'] },
      mini: { scope, models: ['gpt-4o-mini'] },
      both: { scope, models: ['next-model', 'up/o4-mini'] },
      none: { scope: ['admin'], models: [] },
    },
  })
  const chat = (token: string, model?: string, path = '/api/v1/chat'): Promise<Response> =>
    gateway.call('POST', path, { message: 'Hello', model }, gateway.secrets[token])
  const answered = async (token: string, model?: string): Promise<unknown> =>
    at(await (await chat(token, model)).json(), 'model')
  const listed = async (token: string): Promise<readonly unknown[]> => {
    const reply = await gateway.call('GET', '/api/v1/models', undefined, gateway.secrets[token])
    return listAt(await reply.json(), 'data').map((row) => [at(row, 'id'), at(row, 'default')])
  }
  for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
    for (const model of ['o4-mini', 'up/o4-mini', 'demo']) {
      const body = await expectError(await chat('mini', model, path), 403, 'insufficient_scope')
      assert.match(textAt(body, 'message'), /may not use the model .* It may use: gpt-4o-mini\./)
      assert.deepEqual(listAt(body, 'details', 'available'), ['gpt-4o-mini'])
    }
    const unknown = await expectError(await chat('mini', 'nope', path), 404, 'model_not_found')
    assert.doesNotMatch(JSON.stringify(unknown), /o4-mini(?<!gpt-4o-mini)|demo/)
  }
  assert.equal(await answered('mini', 'cheap'), 'gpt-4o-mini')
  assert.equal(await answered('mini'), 'gpt-4o-mini')
  assert.equal(await answered('both'), 'o4-mini')
  assert.equal(await answered('both', 'next-model'), 'next-model')
  await expectError(await chat('none'), 403, 'insufficient_scope')
  assert.deepEqual(await listed('mini'), [['gpt-4o-mini', true]])
  assert.deepEqual(await listed('both'), [
    ['next-model', false],
    ['o4-mini', true],
  ])
  assert.deepEqual(await listed('none'), [])
  assert.equal((await listed('admin')).length, 4)
  assert.equal(upstream.requests.filter(({ method }) => method === 'POST').length, 4)
})

test('a token works until its last millisecond and is refused at the very moment of its end', async () => {
  await using hosted = await hostWithClock()
  const { parts, clock } = hosted
  const { secret } = await createToken(parts, {
    name: 'hour',
    scopes: ['read'],
    expires: new Date(start + 3_600_000).toISOString(),
    configTokens: [],
  })
  clock.advance(3_599_999)
  assert.equal((await hosted.models(secret)).status, 200)
  assert.equal((await hosted.models(hosted.configSecret)).status, 200)
  clock.advance(1)
  const body = await expectError(await hosted.models(secret), 401, 'unauthorized')
  assert.equal(textAt(body, 'message'), 'The token has expired. Make a new one: openclaw token create.')
  await expectError(await hosted.models(hosted.configSecret), 401, 'unauthorized')
})

test('after a rotation both secrets are the same token for 24 hours, then the new one alone', async () => {
  await using hosted = await hostWithClock()
  const { parts, clock } = hosted
  const made = await createToken(parts, {
    name: 'app',
    scopes: ['chat', 'read'],
    expires: '30d',
    configTokens: [],
  })
  const opened = await hosted.call('POST', '/api/v1/chat', made.secret, {
    message: 'echo x',
    conversationId: 'mine',
  })
  assert.equal(opened.status, 200)
  clock.advance(10 * dayMs)
  const rotated = await rotateToken(parts, { reference: 'app', configTokens: [] })
  assert.equal(rotated.token.id, made.token.id)
  const sees = async (secret: string): Promise<number> =>
    (await hosted.call('GET', '/api/v1/conversations/mine', secret)).status
  assert.deepEqual([await sees(made.secret), await sees(rotated.secret)], [200, 200])
  clock.advance(dayMs - 1)
  assert.deepEqual([await sees(made.secret), await sees(rotated.secret)], [200, 200])
  clock.advance(1)
  assert.deepEqual([await sees(made.secret), await sees(rotated.secret)], [401, 200])
  clock.advance(29 * dayMs)
  assert.deepEqual([await sees(made.secret), await sees(rotated.secret)], [401, 401])
})

test('both secrets of a rotated token end together when it is revoked', async () => {
  await using hosted = await hostWithClock()
  const { parts } = hosted
  const made = await createToken(parts, { name: 'app', scopes: ['read'], configTokens: [] })
  const rotated = await rotateToken(parts, { reference: made.token.id, configTokens: [] })
  assert.equal((await hosted.models(made.secret)).status, 200)
  await revokeToken(parts, { reference: rotated.secret, configTokens: [] })
  for (const secret of [made.secret, rotated.secret]) {
    await expectError(await hosted.models(secret), 401, 'unauthorized')
  }
})

test('a rotation by the command line counts with the next request of the gateway that runs', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const env = { HOME: gateway.home, OPENCLAW_STATE_DIR: join(gateway.home, 'state') }
  const config = ['--config', join(gateway.home, 'openclaw.json5')]
  const token = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await runNode([bin, 'token', ...args, '--json', ...config], env)
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  const made = await token('create', '--name', 'app', '--scope', 'read')
  const rotated = await token('rotate', 'app')
  assert.equal(textAt(rotated, 'id'), textAt(made, 'id'))
  for (const one of [made, rotated]) {
    assert.equal((await gateway.call('GET', '/api/v1/models', undefined, textAt(one, 'token'))).status, 200)
  }
  await token('revoke', 'app')
  for (const one of [made, rotated]) {
    await expectError(
      await gateway.call('GET', '/api/v1/models', undefined, textAt(one, 'token')),
      401,
      'unauthorized',
    )
  }
})

test('the start says in one line how many tokens are old, and names each that expires soon; the list does too', async () => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-token-care-'))
  try {
    const now = Date.now()
    mkdirSync(join(home, 'state'), { mode: 0o700 })
    const store = await openStore({ file: join(home, 'state', 'openclaw.db') })
    for (const name of ['old one', 'old two']) await store.tokens.create(agedToken(name, now - 100 * dayMs))
    const soon = { ...agedToken('soon', now), expiresAt: now + 3.5 * dayMs }
    const gone = { ...agedToken('gone', now - 100 * dayMs), revokedAt: now - 1, expiresAt: now + dayMs }
    for (const token of [soon, gone]) await store.tokens.create(token)
    await store.close()
    const expiresAt = new Date(now + 13.5 * dayMs).toISOString()
    const gateway = await startGateway({
      home,
      tokens: { admin: { scope: ['admin'] }, late: { scope: ['read'], expiresAt } },
    })
    const output = await eventually('the line of the last one', () =>
      gateway.output().includes('token=late') ? gateway.output() : undefined,
    ).finally(() => gateway.stop())
    const lines = output.split('\n')
    assert.deepEqual(
      lines.filter((line) => line.includes('older than')).map((line) => line.slice(13)),
      ['WARN tokens older than 90 days tokens=2 remedy="openclaw token list"'],
    )
    assert.deepEqual(
      lines.filter((line) => line.includes('token expiring')).map((line) => line.slice(13)),
      [
        `WARN token expiring token=soon id=${soon.id} expiresAt=${new Date(soon.expiresAt).toISOString()} daysLeft=3`,
        `WARN token expiring token=late id=${idIn(output, 'late')} expiresAt=${expiresAt} daysLeft=13`,
      ],
    )
    const env = { HOME: home, OPENCLAW_STATE_DIR: join(home, 'state') }
    const { stderr } = await runNode([bin, 'token', 'list', '--config', join(home, 'openclaw.json5')], env)
    assert.deepEqual(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/tok_\w+/, 'ID')),
      [
        'warning: the secret of "old one" is 100 days old. Renew it: openclaw token rotate ID',
        'warning: the secret of "old two" is 100 days old. Renew it: openclaw token rotate ID',
        'warning: "soon" expires in 3 days. Renew it: openclaw token rotate ID',
        'warning: "late" expires in 13 days. Change its expiresAt in the config file.',
      ],
    )
  } finally {
    rmSync(home, { recursive: true })
  }
})

test('a token of the config that stands as its hash works, and the file holds nothing to steal', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const file = readFileSync(join(gateway.home, 'openclaw.json5'), 'utf8')
  assert.ok(file.includes(`sha256:${sha256Hex(gateway.token)}`))
  assert.ok(!file.includes(gateway.token))
  assert.equal((await gateway.call('GET', '/api/v1/models')).status, 200)
  await expectError(
    await gateway.call('GET', '/api/v1/models', undefined, `sha256:${sha256Hex(gateway.token)}`),
    401,
    'unauthorized',
  )
  await expectError(
    await gateway.call('GET', '/api/v1/models', undefined, sha256Hex(gateway.token)),
    401,
    'unauthorized',
  )
})

test("the guide's sample tokens warn on loopback and work, and keep a gateway for the network from starting", async () => {
  const samples = ['oc_tok_a1b2c3d4e5f6g7h8i9j0', 'oc_tok_x9y8z7w6v5u4t3s2r1q0']
  for (const secret of samples) {
    for (const token of [secret, `sha256:${sha256Hex(secret)}`]) {
      await using stack = new AsyncDisposableStack()
      const gateway = await useGateway(stack, { tokens: { sample: { scope: ['read'], token } } })
      assert.match(
        gateway.output(),
        /warning: api\.auth\.tokens\[0\]\.token: a sample token from the documentation/,
      )
      assert.equal((await gateway.call('GET', '/api/v1/models', undefined, secret)).status, 200)
      assert.ok(!gateway.output().includes(secret))
    }
  }
  const home = mkdtempSync(join(tmpdir(), 'openclaw-samples-'))
  try {
    const file = join(home, 'openclaw.json5')
    const tokens = [{ name: 'sample', token: samples[0], scope: 'read' }]
    writeFileSync(file, JSON.stringify({ api: { host: '0.0.0.0', auth: { tokens } } }), { mode: 0o600 })
    const { status, stderr } = spawnSync(
      process.execPath,
      [bin, 'gateway', '--port', '0', '--config', file],
      {
        env: { HOME: home, OPENCLAW_STATE_DIR: home },
        timeout: 60_000,
      },
    )
    assert.equal(status, 2)
    assert.match(
      stderr.toString(),
      /tokens\[0\]\.token: a sample token from the documentation.*\nThe gateway was not started/,
    )
    assert.ok(!stderr.includes(samples[0] ?? ''))
  } finally {
    rmSync(home, { recursive: true })
  }
})

function agedToken(name: string, createdAt: number): ReturnType<typeof tokenWith>['token'] {
  const { token, kept } = tokenWith({ name, createdAt })
  return { ...token, secrets: [{ ...kept, createdAt }] }
}

function idIn(output: string, name: string): string {
  return new RegExp(`token=${name} id=(tok_\\w+)`).exec(output)?.[1] ?? ''
}
