import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { listAt, textAt } from '../support/json.ts'
import { bin, makeHome, runNode } from './support.ts'

test('what was acknowledged before a backup of a running gateway is there after its restore', async () => {
  using home = makeHome()
  const first = await startGateway({ home: home.folder })
  const env = { ...home.env, OPENCLAW_STATE_DIR: join(home.folder, 'state') }
  const config = ['--config', join(home.folder, 'openclaw.json5')]
  const folder = join(home.folder, 'copy')
  const ids: string[] = []
  try {
    for (let i = 0; i < 20; i++) {
      const reply: unknown = await (await first.call('POST', '/api/v1/chat', { message: `echo ${i}` })).json()
      ids.push(textAt(reply, 'conversationId'))
    }
    const made = await runNode([bin, 'backup', folder, ...config], env)
    assert.equal(made.code, 0, made.stderr)
    assert.ok(readdirSync(folder).includes('openclaw.json5'))
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name)
    const refused = await runNode([bin, 'backup', folder, '--restore', ...config], env)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /Another gateway/)
  } finally {
    await first.stop()
  }
  rmSync(join(home.folder, 'state', 'openclaw.db'))
  const restored = await runNode([bin, 'backup', folder, '--restore', '--json', ...config], env)
  assert.equal(restored.code, 0, restored.stderr)
  const second = await startGateway({ home: home.folder })
  try {
    const list: unknown = await (await second.call('GET', '/api/v1/conversations?limit=100')).json()
    const kept = new Set(listAt(list, 'data').map((row) => textAt(row, 'id')))
    assert.deepEqual(
      ids.filter((id) => !kept.has(id)),
      [],
    )
    const verified = await runNode([bin, 'audit', 'verify', ...config], env)
    assert.equal(verified.code, 0, verified.stderr)
  } finally {
    await second.stop()
  }
})

test('a damaged backup is not put in place, and what is there stays', async () => {
  using home = makeHome()
  await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  const folder = join(home.folder, 'copy')
  assert.equal((await home.run('backup', folder)).code, 0)
  truncateSync(join(folder, 'openclaw.db'), 8192)
  const refused = await home.run('backup', folder, '--restore')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /is not whole/)
  assert.match((await home.run('token', 'list')).stdout, /\ba\b/)
})

test('a backup needs a new folder, and data', async () => {
  using home = makeHome()
  assert.equal((await home.run('backup', join(home.folder, 'copy'))).code, 3)
  assert.equal(existsSync(join(home.folder, 'copy')), false)
  await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  assert.equal((await home.run('backup', home.folder)).code, 1)
  assert.equal((await home.run('backup', join(home.folder, 'none'), '--restore')).code, 3)
})

test('the config is in a backup also where the variables that it refers to are not set', async () => {
  using home = makeHome()
  await home.run('token', 'create', '--name', 'a', '--scope', 'chat')
  const text = `{ models: { providers: { openai: { apiKey: '\${OPENAI_API_KEY}' } } } }`
  home.writeConfig(text)
  const folder = join(home.folder, 'copy')
  const { code, stderr } = await home.run('backup', folder)
  assert.equal(code, 0, stderr)
  assert.equal(readFileSync(join(folder, 'openclaw.json5'), 'utf8'), text)
})
