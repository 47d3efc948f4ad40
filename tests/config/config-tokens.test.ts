// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the config file's own variables.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { configTokens } from '../../src/config/config-tokens.ts'
import { loadText } from './support.ts'

const secret = 'a-secret-of-some-length'
const hash = createHash('sha256').update(secret).digest('hex')

function tokensOf(...tokens: readonly string[]) {
  return configTokens(loadText(`{ api: { auth: { tokens: [${tokens.join()}] } } }`, { TOKEN: secret }).config)
}

test("a config token's id derives from its name alone, so that it outlives a new secret", () => {
  const [before] = tokensOf('{ name: "crm", token: "the-first-secret-of-it", scope: "chat" }')
  const [after, other] = tokensOf(
    '{ name: "crm", token: "the-second-secret-of-it", scope: ["read"] }',
    '{ name: "crm2", token: "another-secret-entirely", scope: "chat" }',
  )
  assert.match(before?.id ?? '', /^tok_[0-9A-HJKMNP-TV-Z]{26}$/)
  assert.equal(after?.id, before?.id)
  assert.notEqual(other?.id, before?.id)
})

test('a plain secret, a variable and a hash are the same token; none of them holds the secret', () => {
  for (const token of [secret, '${TOKEN}', `sha256:${hash}`, `sha256:${hash.toUpperCase()}`]) {
    const tokens = tokensOf(`{ name: "a", token: "${token}", scope: "chat" }`)
    assert.equal(tokens[0]?.secrets[0]?.hash, hash)
    assert.ok(!JSON.stringify(tokens).includes(secret))
  }
})

test('what a config token may do is taken over', () => {
  const [token] = tokensOf(
    `{ name: "a", token: "${secret}", scope: ["chat", "read", "chat"], rateLimit: 5, allowedIPs: ["10.0.0.0/8"], models: [], expiresAt: "2027-01-01T00:00:00Z" }`,
  )
  assert.deepEqual(token?.scopes, ['chat', 'read'])
  assert.equal(token?.source, 'config')
  assert.equal(token?.rateLimit, 5)
  assert.deepEqual(token?.allowedIps, ['10.0.0.0/8'])
  assert.deepEqual(token?.models, [])
  assert.equal(token?.expiresAt, Date.UTC(2027, 0, 1))
  assert.equal(token?.revokedAt, null)
})
