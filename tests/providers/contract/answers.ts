import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProvider } from '../../../src/providers/index.ts'
import { collect, turnOf } from '../../support/provider-collect.ts'
import type { Behaviour } from '../../support/provider-server.ts'
import type { Given } from './given.ts'

/** What a provider says, however its bytes come. */
export function describeAnswers(given: Given): void {
  const { subject, settingsOf, asked, failed, never } = given

  describe('answers', () => {
    it('a plain call asks for a plain answer and yields it as one text', async () => {
      const { pieces, finish, server } = await asked({ turn: { stream: false } })
      assert.deepEqual(pieces, ['Hello, world!'])
      assert.deepEqual(finish, {
        finishReason: 'stop',
        usage: { inputTokens: 12, outputTokens: 4 },
        model: subject.model,
      })
      assert.match(String(server.requests[0]?.headers.accept), /application\/json/)
    })

    it('a stream yields each piece as it was sent, running counts, and its end', async () => {
      const { pieces, usages, finish, server } = await asked({})
      assert.deepEqual(pieces, ['Hello', ', ', 'world', '!'])
      assert.deepEqual(usages.at(-1), { inputTokens: 12, outputTokens: 4 })
      assert.deepEqual(finish, {
        finishReason: 'stop',
        usage: { inputTokens: 12, outputTokens: 4 },
        model: subject.model,
      })
      assert.match(String(server.requests[0]?.headers.accept), /text\/event-stream/)
    })

    for (const [reason, finishReason] of Object.entries(subject.finishReasons)) {
      it(`the reason ${reason} is ${finishReason}, streamed and plain`, async () => {
        for (const stream of [true, false]) {
          const { finish } = await asked({ behaviour: { stopReason: reason }, turn: { stream } })
          assert.equal(finish?.finishReason, finishReason)
        }
      })
    }

    const pieces = ['Grüße', ', ', '世界 ', '👋🏽', ' "\\\n', '\u2028ẞ']
    const manners: Readonly<Record<string, Behaviour>> = {
      'byte by byte': { bytesPerWrite: 1 },
      'in threes': { bytesPerWrite: 3 },
      'with CRLF': { lineEnd: '\r\n', bytesPerWrite: 1 },
      'with CR': { lineEnd: '\r', bytesPerWrite: 2 },
      'with comments between': { comments: true },
      slowly: { pauseMs: 2 },
    }
    for (const [manner, behaviour] of Object.entries(manners)) {
      it(`a stream that comes ${manner} says the same`, async () => {
        const collected = await asked({ behaviour: { ...behaviour, pieces } })
        assert.deepEqual(collected.pieces, pieces)
        assert.equal(collected.finish?.finishReason, 'stop')
      })
    }

    it('JSON in answer to a streaming request is understood', async () => {
      const { pieces, finish } = await asked({ behaviour: { as: 'json' } })
      assert.deepEqual(pieces, ['Hello, world!'])
      assert.equal(finish?.usage?.outputTokens, 4)
    })

    it('a stream in answer to a plain request is understood, and is one text', async () => {
      const { pieces, finish } = await asked({ behaviour: { as: 'events' }, turn: { stream: false } })
      assert.deepEqual(pieces, ['Hello, world!'])
      assert.equal(finish?.finishReason, 'stop')
    })

    it('an answer with a wrong content type is understood by how it begins', async () => {
      for (const as of ['json', 'events'] as const) {
        const { pieces } = await asked({ behaviour: { as, contentType: 'text/plain' } })
        assert.equal(pieces.join(''), 'Hello, world!')
      }
    })

    it('a body that is neither is refused by its content type, and not shown', async () => {
      const reply = {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<h1>Welcome to nginx, Alice</h1>',
      }
      for (const stream of [true, false]) {
        const { message } = failed(
          await asked({ behaviour: { reply }, turn: { stream } }),
          'provider_error',
          /text\/html/,
        )
        assert.doesNotMatch(message, /nginx|Alice/)
      }
    })

    it('an answer whose end comes a little later is read to it, so that its connection can be kept', async () => {
      await using server = await subject.startServer()
      server.next({ pauseMs: 5 })
      const provider = createProvider(settingsOf(server))
      assert.equal(
        (await collect(provider.stream(turnOf(subject.model, true), never))).finish?.finishReason,
        'stop',
      )
      assert.equal((await (await server.request(0)).closed).complete, true)
      assert.equal(server.connections(), 1)
      await provider.close()
    })

    it('connections whose answers were read to their end serve the next questions', async () => {
      await using server = await subject.startServer()
      const provider = createProvider(settingsOf(server))
      for (const stream of [true, false, true, false, true, false]) {
        const { finish } = await collect(provider.stream(turnOf(subject.model, stream), never))
        assert.equal(finish?.finishReason, 'stop')
      }
      // A question that follows at once may find the last bytes of the answer before it still on their way.
      assert.ok(server.connectionsMade() <= 2, `${server.connectionsMade()} connections for 6 questions`)
      await provider.close()
    })
  })
}
