import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closestName } from './closest-name.ts'

const known = ['maxTokens', 'message', 'model', 'temperature', 'allowedIPs', 'port']

for (const [name, meant] of [
  ['max_tokens', 'maxTokens'],
  ['MAX-TOKENS', 'maxTokens'],
  ['allowedIps', 'allowedIPs'],
  ['mesage', 'message'],
  ['mesasge', 'message'],
  ['tempreature', 'temperature'],
  ['prot', 'port'],
  ['modle', 'model'],
  ['max_tokns', 'maxTokens'],
] as const) {
  test(`${name} means ${meant}`, () => assert.equal(closestName(name, known), meant))
}

for (const name of ['', 'x', 'frobnicate', 'pt', 'user', '___', 'm'.repeat(10_000)]) {
  test(`${name.slice(0, 20)} means nothing that is known`, () =>
    assert.equal(closestName(name, known), undefined))
}
