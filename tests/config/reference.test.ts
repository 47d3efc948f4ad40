import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configReference, configReferenceFile } from '../../scripts/generate-reference.ts'

test('the reference page of the config file is what the schema says now', () => {
  assert.equal(
    readFileSync(configReferenceFile, 'utf8'),
    configReference(),
    'docs/reference/config.md is out of date: run npm run reference',
  )
})

test('every key of the reference page says what it is for', () => {
  const silent = configReference()
    .split('\n')
    .filter((line) => line.startsWith('| `') && line.endsWith('|  |'))
  assert.deepEqual(silent, [])
})
