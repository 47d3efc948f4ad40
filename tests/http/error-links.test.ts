import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { statusOfCode } from '../../src/domain/errors.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

test('an error links to what the documentation says of its code, and its body has no more members than before', async () => {
  const replies = [
    await gateway.call('GET', '/api/v1/models', undefined, 'oc_tok_nobody'),
    await gateway.call('GET', '/nowhere'),
    await gateway.call('POST', '/api/v1/chat', { message: '' }),
    await gateway.call('POST', '/v1/chat/completions', {}),
  ]
  for (const reply of replies) {
    const code = /^<\/docs\/errors#(\w+)>; rel="help"$/.exec(reply.headers.get('link') ?? '')?.[1] ?? ''
    assert.equal(Object.entries(statusOfCode).find(([name]) => name === code)?.[1], reply.status, code)
  }
  const body: unknown = await replies[0]?.json()
  assert.ok(typeof body === 'object' && body !== null)
  assert.deepEqual(Object.keys(body), ['error', 'message', 'requestId'])
  assert.equal(at(body, 'error'), 'unauthorized')
})

test('so does a request that is refused before it was understood', async () => {
  const reply = await sendRaw(gateway.url, 'GET / HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n')
  assert.equal(reply.status, 400)
  assert.equal(reply.headers.get('link'), '</docs/errors#invalid_request>; rel="help"')
})

test('a success links nowhere', async () => {
  assert.equal((await gateway.call('GET', '/api/v1/models')).headers.get('link'), null)
})

test('the page that errors link to has a place for every code', async () => {
  const page = await (await fetch(`${gateway.url}/docs/errors`)).text()
  for (const code of Object.keys(statusOfCode)) assert.ok(page.includes(`<h2 id="${code}">`), code)
})
