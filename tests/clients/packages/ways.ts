import assert from 'node:assert/strict'
import { closedPort } from '../../support/closed-port.ts'
import { at, textAt } from '../../support/json.ts'
import type { ForEachClient } from './driven.ts'
import { startForeignServer } from './foreign-server.ts'

const chat = { action: 'chat', message: 'Hi.' }

/** The rows of the table about addresses, tokens, models and connections. */
export function ways(forEachClient: ForEachClient): void {
  forEachClient('a refused connection is an error that names the address and what to do', async (client) => {
    const port = await closedPort()
    for (const host of ['127.0.0.1', 'localhost']) {
      for (const action of ['chat', 'stream']) {
        const baseUrl = `http://${host}:${port}`
        const outcome = await client.order({ ...chat, action, baseUrl, maxRetries: 0, tells: true })
        const error = at(outcome, 'error')
        assert.deepEqual(
          [at(error, 'name'), at(error, 'code'), at(error, 'leaks')],
          ['ConnectionFailedError', 'ECONNREFUSED', false],
        )
        assert.match(textAt(error, 'message'), new RegExp(`${baseUrl} .*openclaw gateway`))
      }
    }
  })

  forEachClient('https at a server without TLS is told as that', async (client) => {
    await using server = await startForeignServer()
    const baseUrl = server.url.replace('http:', 'https:')
    const error = at(await client.order({ ...chat, baseUrl, maxRetries: 0, tells: true }), 'error')
    assert.deepEqual([at(error, 'name'), at(error, 'leaks')], ['ConnectionFailedError', false])
    assert.match(textAt(error, 'message'), /TLS/)
  })

  forEachClient(
    'an address may have a path, a slash at its end, and the /api/v1 that the API has',
    async (client) => {
      await using server = await startForeignServer()
      for (const [end, path] of [
        ['/', '/api/v1/chat'],
        ['//', '/api/v1/chat'],
        ['/gateway', '/gateway/api/v1/chat'],
        ['/gateway/', '/gateway/api/v1/chat'],
        ['/api/v1', '/api/v1/chat'],
        ['/gateway/api/v1/', '/gateway/api/v1/chat'],
      ]) {
        assert.equal(
          at(await client.order({ ...chat, baseUrl: server.url + end }), 'value', 'content'),
          'well',
        )
        assert.equal(server.requests.at(-1)?.path, path)
      }
    },
  )

  forEachClient('an address or a token that cannot be is refused without being repeated', async (client) => {
    const secret = 'oc_tok_Secret1'
    for (const baseUrl of [
      '',
      'localhost:18789',
      'ftp://localhost',
      'http://',
      'http://localhost:99999',
      'http://localhost:1x',
      `http://user:${secret}@localhost:1`,
      `http://${secret}@localhost:1`,
      `http://localhost:1/?token=${secret}`,
      `http://localhost:1/#${secret}`,
      `http://localhost:1/\n${secret}`,
      `http://localhost:1/ ${secret}`,
    ]) {
      const crash = at(await client.order({ ...chat, baseUrl }), 'crash')
      assert.match(textAt(crash, 'name'), /^(?:TypeError|ValueError)$/, baseUrl)
      assert.match(textAt(crash, 'message'), /^(?:baseUrl|base_url) must/)
      assert.doesNotMatch(textAt(crash, 'message'), /Secret1/)
    }
    for (const token of [`${secret}\n`, `${secret}\r\nX: y`, ` ${secret}`, `${secret}é`, null, 5]) {
      const crash = at(await client.order({ ...chat, token, baseUrl: 'http://127.0.0.1:1' }), 'crash')
      assert.match(textAt(crash, 'name'), /^(?:TypeError|ValueError)$/)
      assert.match(textAt(crash, 'message'), /^token /)
      assert.doesNotMatch(textAt(crash, 'message'), /Secret1/)
    }
  })

  forEachClient('the gateway chooses the model, unless one is named', async (client) => {
    await using server = await startForeignServer()
    const retired = 'claude-sonnet-4-20250514'
    for (const [options, model] of [
      [undefined, undefined],
      [{}, undefined],
      [{ model: null }, undefined],
      [{ model: retired }, retired],
      [{ model: 'small' }, 'small'],
    ] as const) {
      await client.order({ ...chat, options, baseUrl: server.url })
      assert.equal(at(JSON.parse(server.requests.at(-1)?.body ?? ''), 'model'), model)
      await client.order({ ...chat, action: 'stream', options, baseUrl: server.url })
      assert.equal(at(JSON.parse(server.requests.at(-1)?.body ?? ''), 'model'), model)
    }
  })
}
