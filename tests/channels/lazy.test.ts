import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..', 'src')

test('without a channel no adapter is loaded: the registry imports each only where it is made', () => {
  const registry = readFileSync(join(root, 'channels', 'index.ts'), 'utf8')
  const values = [...registry.matchAll(/^import (?!type )[^\n]*$/gm)].map(([line]) => line)
  assert.deepEqual(values, [])
  for (const name of ['telegram', 'discord', 'slack']) {
    assert.match(registry, new RegExp(`await import\\('\\./${name}/channel\\.ts'\\)`))
  }
  const gateway = readFileSync(join(root, 'gateway.ts'), 'utf8')
  const imported = [...gateway.matchAll(/from '\.\/channels\/([^']+)'/g)].map(([, file]) => file)
  assert.deepEqual(imported, ['index.ts'])
})
