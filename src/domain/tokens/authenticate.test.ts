import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { TestClock } from '../../../tests/support/domain-parts.ts'
import { newSecret, sha256Hex, type TestToken, tokenWith } from '../../../tests/support/tokens.ts'
import { openStore } from '../../store/open-store.ts'
import type { TokenStore } from '../store.ts'
import { type Authentication, Authenticator } from './authenticate.ts'
import type { Token } from './token.ts'

const folder = await mkdtemp(join(tmpdir(), 'openclaw-tokens-'))
const file = join(folder, 'openclaw.db')
// The gateway's store, and the one of a CLI that changes tokens meanwhile.
const gateway = await openStore({ file })
const cli = await openStore({ file })
after(async () => {
  await gateway.close()
  await cli.close()
  await rm(folder, { recursive: true, force: true })
})

const hourMs = 3_600_000

test('a token is known by its secret, and nothing else is', async () => {
  const { authenticator } = setUp()
  const { token, secret } = await createdToken()
  assert.deepEqual(await authenticator.authenticate(secret), { outcome: 'ok', token })
  const hash = token.secrets[0]?.hash ?? ''
  for (const wrong of [
    '',
    'x',
    `${secret}x`,
    secret.slice(1),
    secret.toUpperCase(),
    token.id,
    token.name,
    hash,
  ]) {
    assert.deepEqual(await authenticator.authenticate(wrong), { outcome: 'unknown' }, wrong)
  }
})

test('what has not changed is answered at once, without a promise', async () => {
  const { authenticator } = setUp()
  const { secret } = await createdToken()
  await authenticator.authenticate(secret)
  assert.equal(outcomeNow(authenticator, secret), 'ok')
  assert.equal(outcomeNow(authenticator, 'wrong'), 'unknown')
})

test('a token that another process made, revoked or gave a new secret counts so at the very next call', async () => {
  const { authenticator, clock } = setUp()
  assert.equal((await authenticator.authenticate('anything')).outcome, 'unknown')
  const { token, secret } = await createdToken()
  assert.equal((await authenticator.authenticate(secret)).outcome, 'ok')
  const fresh = newSecret()
  await cli.tokens.rotate(token.id, fresh.kept, clock.now() + hourMs)
  assert.equal((await authenticator.authenticate(fresh.secret)).outcome, 'ok')
  await cli.tokens.revoke(token.id, clock.now())
  assert.equal((await authenticator.authenticate(secret)).outcome, 'revoked')
  assert.equal((await authenticator.authenticate(fresh.secret)).outcome, 'revoked')
})

test('after a rotation both secrets pass under one id, until the old one’s hour has struck', async () => {
  const { authenticator, clock } = setUp()
  const { token, secret } = await createdToken()
  const fresh = newSecret()
  await cli.tokens.rotate(token.id, fresh.kept, clock.now() + hourMs)
  for (const each of [secret, fresh.secret]) {
    const result = await authenticator.authenticate(each)
    assert.ok(result.outcome === 'ok')
    assert.equal(result.token.id, token.id)
  }
  clock.ms += hourMs - 1
  assert.equal(outcomeNow(authenticator, secret), 'ok')
  clock.ms += 1
  assert.equal(outcomeNow(authenticator, secret), 'expired')
  assert.equal(outcomeNow(authenticator, fresh.secret), 'ok')
})

test('a token expires by the clock, without any change in the store', async () => {
  const { authenticator, clock } = setUp()
  const { secret } = await createdToken({ expiresAt: clock.now() + hourMs })
  assert.equal((await authenticator.authenticate(secret)).outcome, 'ok')
  clock.ms += hourMs - 1
  assert.equal(outcomeNow(authenticator, secret), 'ok')
  clock.ms += 1
  assert.equal(outcomeNow(authenticator, secret), 'expired')
})

test('a revoked token that has expired too is revoked', async () => {
  const { authenticator, clock } = setUp()
  const { token, secret } = await createdToken({ expiresAt: clock.now() - 1 })
  await cli.tokens.revoke(token.id, clock.now())
  assert.equal((await authenticator.authenticate(secret)).outcome, 'revoked')
})

test('a token of the config passes until its secret is denied by hash', async () => {
  const config = tokenWith({ source: 'config' })
  const { authenticator, clock } = setUp([config.token])
  assert.deepEqual(await authenticator.authenticate(config.secret), { outcome: 'ok', token: config.token })
  await cli.tokens.denyHash(config.kept.hash, clock.now())
  assert.equal((await authenticator.authenticate(config.secret)).outcome, 'revoked')
})

test('a reload takes the tokens of the changed config at the next call', async () => {
  const before = tokenWith({ source: 'config' })
  const after = tokenWith({ source: 'config' })
  const { authenticator, config } = setUp([before.token])
  assert.equal((await authenticator.authenticate(before.secret)).outcome, 'ok')
  config.tokens = [after.token]
  authenticator.reload()
  assert.equal((await authenticator.authenticate(before.secret)).outcome, 'unknown')
  assert.equal((await authenticator.authenticate(after.secret)).outcome, 'ok')
})

test('a store that cannot be read leaves the known tokens in force', async () => {
  const broken = breakable(gateway.tokens)
  const { authenticator } = setUp([], broken.tokens)
  const { secret } = await createdToken()
  assert.equal((await authenticator.authenticate(secret)).outcome, 'ok')
  broken.isBroken = true
  assert.equal(outcomeNow(authenticator, secret), 'ok')
  assert.equal(outcomeNow(authenticator, 'wrong'), 'unknown')
})

test('a store whose change cannot be loaded leaves the known tokens in force, and is asked again', async () => {
  const broken = breakable(gateway.tokens, { epochWorks: true })
  const { authenticator } = setUp([], broken.tokens)
  const first = await createdToken()
  assert.equal((await authenticator.authenticate(first.secret)).outcome, 'ok')
  broken.isBroken = true
  const second = await createdToken()
  assert.equal((await authenticator.authenticate(first.secret)).outcome, 'ok')
  assert.equal((await authenticator.authenticate(second.secret)).outcome, 'unknown')
  broken.isBroken = false
  assert.equal((await authenticator.authenticate(second.secret)).outcome, 'ok')
})

test('the config’s tokens go and come with their lines also while the store cannot be read', async () => {
  const broken = breakable(gateway.tokens)
  const before = tokenWith({ source: 'config' })
  const after = tokenWith({ source: 'config' })
  const { authenticator, config } = setUp([before.token], broken.tokens)
  const { secret } = await createdToken()
  assert.equal((await authenticator.authenticate(before.secret)).outcome, 'ok')
  broken.isBroken = true
  config.tokens = [after.token]
  authenticator.reload()
  assert.equal((await authenticator.authenticate(before.secret)).outcome, 'unknown')
  assert.equal((await authenticator.authenticate(after.secret)).outcome, 'ok')
  assert.equal((await authenticator.authenticate(secret)).outcome, 'ok')
})

test('a store that has never told which tokens are denied lets nobody in', async () => {
  const broken = breakable(gateway.tokens)
  broken.isBroken = true
  const { token, secret } = tokenWith({ source: 'config' })
  const { authenticator } = setUp([token], broken.tokens)
  assert.equal((await authenticator.authenticate(secret)).outcome, 'unknown')
  broken.isBroken = false
  assert.equal((await authenticator.authenticate(secret)).outcome, 'ok')
})

test('a load that was overtaken by a newer one does not bring a revoked token back', async () => {
  const slow = Promise.withResolvers<void>()
  let loads = 0
  const tokens: TokenStore = {
    ...gateway.tokens,
    async load() {
      const loaded = await gateway.tokens.load()
      if (loads++ === 0) await slow.promise
      return loaded
    },
  }
  const { authenticator, clock } = setUp([], tokens)
  const { token, secret } = await createdToken()
  const overtaken = authenticator.authenticate(secret)
  await cli.tokens.revoke(token.id, clock.now())
  assert.equal((await authenticator.authenticate(secret)).outcome, 'revoked')
  slow.resolve()
  assert.equal((await overtaken).outcome, 'revoked')
  assert.equal(outcomeNow(authenticator, secret), 'revoked')
})

test('a secret of more than 256 characters is unknown, and is not even hashed', async () => {
  const hashed: number[] = []
  const authenticator = new Authenticator(
    gateway.tokens,
    new TestClock(),
    (text) => {
      hashed.push(text.length)
      return sha256Hex(text)
    },
    () => [],
  )
  assert.equal((await authenticator.authenticate('x'.repeat(10_000_000))).outcome, 'unknown')
  assert.equal((await authenticator.authenticate('x'.repeat(257))).outcome, 'unknown')
  assert.deepEqual(hashed, [])
  assert.equal((await authenticator.authenticate('x'.repeat(256))).outcome, 'unknown')
  assert.deepEqual(hashed, [256])
})

test('the last use is noted at most once a minute, and for good tokens of the store alone', async () => {
  const noted: { readonly tokenId: string; readonly at: number }[] = []
  const config = tokenWith({ source: 'config' })
  const tokens: TokenStore = {
    ...gateway.tokens,
    async touch(uses) {
      noted.push(...uses)
      throw new Error('a lost note is no error')
    },
  }
  const { authenticator, clock } = setUp([config.token], tokens)
  const { token, secret } = await createdToken()
  const revoked = await createdToken()
  await cli.tokens.revoke(revoked.token.id, clock.now())
  const start = clock.now()
  for (let i = 0; i < 130; i++) {
    for (const each of [secret, revoked.secret, config.secret, 'wrong'])
      await authenticator.authenticate(each)
    clock.ms += 1_000
  }
  assert.deepEqual(
    noted,
    [0, 60_000, 120_000].map((ms) => ({ tokenId: token.id, at: start + ms })),
  )
})

test('a noted use does not make the next call load the tokens again', async () => {
  const { authenticator } = setUp()
  const { token, secret } = await createdToken()
  await authenticator.authenticate(secret)
  // Writes are done in order: when this one is, the note is stored too.
  await gateway.tokens.touch([{ tokenId: token.id, at: 1 }])
  assert.equal(outcomeNow(authenticator, secret), 'ok')
  const loaded = (await gateway.tokens.load()).tokens.find(({ id }) => id === token.id)
  assert.notEqual(loaded?.lastUsedAt, null)
})

test('only tokens that could pass are counted, each once', async () => {
  const config = tokenWith({ source: 'config' })
  const denied = tokenWith({ source: 'config' })
  const { authenticator, clock } = setUp([config.token, denied.token])
  const before = await authenticator.count()
  await cli.tokens.denyHash(denied.kept.hash, clock.now())
  const rotated = await createdToken()
  await cli.tokens.rotate(rotated.token.id, newSecret().kept, clock.now() + hourMs)
  const revoked = await createdToken()
  await cli.tokens.revoke(revoked.token.id, clock.now())
  await createdToken({ expiresAt: clock.now() })
  assert.equal(await authenticator.count(), before - 1 + 1)
})

function setUp(
  configured: readonly Token[] = [],
  tokens: TokenStore = gateway.tokens,
): {
  readonly authenticator: Authenticator
  readonly clock: TestClock
  readonly config: { tokens: readonly Token[] }
} {
  const clock = new TestClock()
  const config = { tokens: configured }
  return { clock, config, authenticator: new Authenticator(tokens, clock, sha256Hex, () => config.tokens) }
}

/** A token that the CLI has made. */
async function createdToken(fields: Partial<Token> = {}): Promise<TestToken> {
  const made = tokenWith(fields)
  await cli.tokens.create(made.token)
  return made
}

function outcomeNow(authenticator: Authenticator, secret: string): Authentication['outcome'] {
  const result = authenticator.authenticate(secret)
  assert.ok(!(result instanceof Promise), 'the tokens were loaded again')
  return result.outcome
}

/** The same tokens, until they cannot be read any more. */
function breakable(
  tokens: TokenStore,
  { epochWorks = false } = {},
): { readonly tokens: TokenStore; isBroken: boolean } {
  const state = {
    isBroken: false,
    tokens: {
      ...tokens,
      epoch() {
        if (state.isBroken && !epochWorks) throw new Error('disk I/O error')
        return tokens.epoch()
      },
      load: () => (state.isBroken ? Promise.reject(new Error('disk I/O error')) : tokens.load()),
    },
  }
  return state
}
