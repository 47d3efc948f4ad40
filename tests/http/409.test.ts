import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    tokens: {
      alice: { scope: ['chat', 'read'] },
      bob: { scope: ['chat', 'read'] },
      admin: { scope: ['admin'] },
    },
  })
})
after(() => stack.disposeAsync())

function chat(name: string, conversationId: string, path = '/api/v1/chat'): Promise<Response> {
  return gateway.call('POST', path, { message: 'echo x', conversationId }, gateway.secrets[name])
}

test("an id that is another token's cannot be written to, plain or as a stream", async () => {
  assert.equal((await chat('alice', 'hers')).status, 200)
  for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
    const body = await expectError(await chat('bob', 'hers', path), 409, 'conflict')
    assert.match(textAt(body, 'message'), /"hers"/)
  }
  const after: unknown = await (await gateway.call('GET', '/api/v1/conversations/hers')).json()
  assert.equal(at(after, 'messageCount'), 2)
})

test('the administrator sees all, and yet does not speak in the conversation of another token', async () => {
  assert.equal((await chat('alice', 'watched')).status, 200)
  assert.equal((await gateway.call('GET', '/api/v1/conversations/watched')).status, 200)
  await expectError(await chat('admin', 'watched'), 409, 'conflict')
})

test('two tokens that open the same new id at once: one gets it, the other a conflict', async () => {
  for (let round = 0; round < 10; round++) {
    const replies = await Promise.all(
      ['alice', 'bob', 'alice', 'bob'].map((name) => chat(name, `raced-${round}`)),
    )
    const statuses = replies.map((reply) => reply.status)
    const [alice, bob, aliceAgain, bobAgain] = statuses
    assert.deepEqual([alice, bob], [aliceAgain, bobAgain])
    assert.deepEqual([alice, bob].sort(), [200, 409])
    for (const reply of replies) if (reply.status === 409) await expectError(reply, 409, 'conflict')
  }
})

test('a conflict tells nothing of the other conversation', async () => {
  await gateway.call(
    'POST',
    '/api/v1/chat',
    { message: 'echo a secret plan', conversationId: 'quiet' },
    gateway.secrets.alice,
  )
  const text = JSON.stringify(await expectError(await chat('bob', 'quiet'), 409, 'conflict'))
  assert.doesNotMatch(text, /secret plan|alice/)
})

test('an id is free again once its conversation is deleted', async () => {
  assert.equal((await chat('alice', 'reused')).status, 200)
  const deleted = await gateway.call(
    'DELETE',
    '/api/v1/conversations/reused',
    undefined,
    gateway.secrets.alice,
  )
  assert.equal(deleted.status, 200)
  assert.equal((await chat('bob', 'reused')).status, 200)
  const own: unknown = await (
    await gateway.call('GET', '/api/v1/conversations/reused', undefined, gateway.secrets.bob)
  ).json()
  assert.equal(at(own, 'messageCount'), 2)
})
