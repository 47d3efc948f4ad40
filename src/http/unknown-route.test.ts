import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteOptions } from 'fastify'
import { loggedPath, unknownPath } from './unknown-route.ts'

const routes: readonly RouteOptions[] = [
  '/health',
  '/health/detail',
  '/api/v1/chat',
  '/api/v1/models',
  '/api/v1/conversations/:id',
].map((url) => ({ method: 'GET', url, handler: () => undefined }))

test('a path that leads nowhere is logged without what may be a secret', () => {
  for (const [path, expected] of [
    ['/api/v1/oc_tok_secret', '/api/v1/*'],
    ['/api/v1/conversations/conv_1/messages', '/api/v1/conversations/*/*'],
    ['/api/v1/conversations/:id', '/api/v1/conversations/*'],
    ['http://user:password@host/api/v1/models', '*//*/api/v1/models'],
    ['/', '/'],
    ['*', '*'],
    ['/toString/__proto__', '/*/*'],
    [`/${'a/'.repeat(10_000)}`, '/*/*/*/*/*/*/*'],
  ] as const) {
    assert.equal(loggedPath(routes, path), expected)
  }
})

test('the error names the route that was meant and repeats nothing', () => {
  for (const [path, expected] of [
    ['/api/v1/chats', ' Did you mean /api/v1/chat?'],
    ['/api/v1/models/', ' Did you mean /api/v1/models?'],
    ['/api/v2/models', ' Did you mean /api/v1/models?'],
    ['/a-secret', ''],
    [`/api/v1/chat${'t'.repeat(1_000_000)}`, ''],
  ] as const) {
    const error = unknownPath(routes, path)
    assert.equal(error.code, 'not_found')
    assert.equal(error.message, `There is nothing at this path.${expected} The API reference is at /docs.`)
  }
})
