import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { at, textAt } from '../../support/json.ts'
import { apiErrorName, type ForEachClient } from './driven.ts'
import { type ForeignAnswer, reply, startForeignServer } from './foreign-server.ts'

const chat = { action: 'chat', message: 'Hi.' }
const stream = { action: 'stream', message: 'Hi.' }
const good = JSON.stringify(reply)
const html = { headers: { 'Content-Type': 'text/html' }, body: '<!doctype html><h1>Welcome</h1>' }
const events = [
  'id: 1\ndata: {"type":"start","conversationId":"conv_1","messageId":"msg_1","model":"demo"}\n\n',
  'id: 2\ndata: {"type":"delta","content":"Grüße"}\n\n',
  'id: 3\ndata: {"type":"done","id":"msg_1","usage":{"inputTokens":1,"outputTokens":1},"finishReason":"stop","latency":1}\n\n',
]
const eventStream = { 'Content-Type': 'text/event-stream; charset=utf-8' }

/** The rows of the table about what proxies, foreign servers and networks answer in a gateway's place. */
export function foreignAnswers(forEachClient: ForEachClient): void {
  forEachClient('no redirect is followed, and the token goes to no other host', async (client) => {
    await using here = await startForeignServer()
    await using there = await startForeignServer()
    for (const status of [301, 302, 303, 307, 308]) {
      for (const order of [chat, stream]) {
        here.next({ status, headers: { Location: `${there.url}/api/v1/chat` } })
        const error = at(await client.order({ ...order, baseUrl: here.url, tells: true }), 'error')
        assert.deepEqual([at(error, 'name'), at(error, 'status')], [apiErrorName(client), status])
        assert.match(textAt(error, 'message'), /redirects/)
        assert.equal(at(error, 'leaks'), false)
      }
    }
    assert.equal(here.requests.length, 10)
    assert.equal(there.requests.length, 0)
  })

  forEachClient('a page of a proxy is an error with its status, and a 502 is tried again', async (client) => {
    await using server = await startForeignServer()
    const page: ForeignAnswer = { ...html, status: 502 }
    server.next(page, page)
    assert.equal(at(await client.order({ ...chat, baseUrl: server.url }), 'value', 'content'), 'well')
    server.next(page, page, page)
    const error = at(await client.order({ ...stream, baseUrl: server.url, tells: true }), 'error')
    assert.deepEqual(
      [at(error, 'name'), at(error, 'status'), at(error, 'code')],
      ['ServerError', 502, 'unknown'],
    )
    assert.match(textAt(error, 'message'), /not as a gateway does/)
    assert.equal(server.requests.length, 6)
  })

  forEachClient(
    '200 with anything but a JSON object is an error, and is not asked for again',
    async (client) => {
      await using server = await startForeignServer()
      const odd: ForeignAnswer[] = [
        html,
        { status: 204 },
        { body: '' },
        ...['null', '[]', '5', '"well"', '{"id":'].map((body) => ({ body })),
        { body: Buffer.from([0xff, 0xfe, 0x00]) },
      ]
      for (const answer of odd) {
        const before = server.requests.length
        server.next(answer)
        const error = at(await client.order({ ...chat, baseUrl: server.url, tells: true }), 'error')
        const told = [at(error, 'name'), at(error, 'status'), at(error, 'code')]
        assert.deepEqual(told, [apiErrorName(client), answer.status ?? 200, 'unknown'], String(answer.body))
        assert.match(textAt(error, 'message'), /not as a gateway does/)
        assert.equal(server.requests.length - before, 1, String(answer.body))
      }
      for (const answer of [html, { body: good }, { status: 204 }]) {
        const before = server.requests.length
        server.next(answer)
        const error = at(await client.order({ ...stream, baseUrl: server.url, tells: true }), 'error')
        assert.deepEqual([at(error, 'name'), at(error, 'code')], [apiErrorName(client), 'unknown'])
        assert.match(textAt(error, 'message'), /not as a gateway does/)
        assert.equal(server.requests.length - before, 1)
      }
      server.next({ body: '{"object":"list"}' })
      const list = at(
        await client.order({ action: 'conversations', pageSize: 1, baseUrl: server.url }),
        'error',
      )
      assert.deepEqual([at(list, 'name'), at(list, 'code')], [apiErrorName(client), 'unknown'])
    },
  )

  forEachClient('204 is as good an answer to a deletion as a body', async (client) => {
    await using server = await startForeignServer()
    server.next({ status: 204 })
    const order = { action: 'deleteConversation', id: 'conv_1', baseUrl: server.url }
    assert.deepEqual(await client.order(order), { value: { deleted: true } })
  })

  forEachClient('an error body of another shape is understood as far as it goes', async (client) => {
    await using server = await startForeignServer()
    const shapes = ['null', '[]', '{"error":{"message":"no"}}', '{"error":1,"message":2,"requestId":{}}', 'x']
    for (const body of shapes) {
      server.next({ status: 400, body })
      const error = at(await client.order({ ...chat, baseUrl: server.url }), 'error')
      const expected = {
        name: 'BadRequestError',
        status: 400,
        code: 'unknown',
        hasRequestId: false,
        leaks: false,
      }
      assert.deepEqual(error, expected, body)
    }
    const body = '{"error":"overloaded","message":"No.","requestId":7,"retryAfter":"61","details":[]}'
    server.next({ status: 400, body, headers: { 'X-Request-Id': 'req_h' } })
    const error = at(await client.order({ ...chat, baseUrl: server.url }), 'error')
    const expected = {
      name: 'BadRequestError',
      status: 400,
      code: 'overloaded',
      hasRequestId: true,
      leaks: false,
    }
    assert.deepEqual(error, expected)
  })

  forEachClient('a byte order mark and compression, asked for or not, change nothing', async (client) => {
    await using server = await startForeignServer()
    const gzip = { 'Content-Encoding': 'gzip' }
    server.next({ body: `\ufeff${good}` }, { headers: gzip, body: gzipSync(good) })
    for (let i = 0; i < 2; i++)
      assert.equal(at(await client.order({ ...chat, baseUrl: server.url }), 'value', 'content'), 'well')
    const wanted = { value: { text: 'Grüße', end: 'stop' } }
    server.next({
      headers: eventStream,
      body: `\ufeff${events
        .slice(1)
        .join('')
        .replace(/^id: .\n/, '')}`,
    })
    assert.deepEqual(await client.order({ ...stream, baseUrl: server.url }), wanted)
    server.next({ headers: { ...eventStream, ...gzip }, body: gzipSync(events.join('')) })
    assert.deepEqual(await client.order({ ...stream, baseUrl: server.url }), wanted)
    const refusal = '{"error":"conflict","message":"Taken.","requestId":"req_1"}'
    server.next({ status: 409, headers: gzip, body: gzipSync(refusal) })
    assert.equal(at(await client.order({ ...chat, baseUrl: server.url }), 'error', 'code'), 'conflict')
  })
}
