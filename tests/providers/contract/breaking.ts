import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProvider } from '../../../src/providers/index.ts'
import { collect, turnOf } from '../../support/provider-collect.ts'
import type { Given } from './given.ts'

/** Answers that begin well and break. */
export function describeBreaking(given: Given): void {
  const { subject, settingsOf, asked, failed, never } = given

  describe('what breaks', () => {
    it('an answer that ends too early is an error after what it said, never a finish', async () => {
      const collected = await asked({ behaviour: { fault: 'truncate' } })
      failed(collected, 'provider_error', /cut short/)
      assert.deepEqual(collected.pieces, ['Hello', ', '])
      failed(
        await asked({ behaviour: { fault: 'truncate' }, turn: { stream: false } }),
        'provider_error',
        /not valid JSON/,
      )
    })

    it('a connection that breaks in mid-answer is an error after what it said', async () => {
      const collected = await asked({ behaviour: { fault: 'reset-mid-stream' } })
      failed(collected, 'provider_error', /middle of its answer/)
      assert.deepEqual(collected.pieces, ['Hello', ', '])
      failed(
        await asked({ behaviour: { fault: 'reset-mid-stream' }, turn: { stream: false } }),
        'provider_error',
        /middle/,
      )
    })

    it('a connection that breaks before the answer is an error that says so', async () => {
      failed(
        await asked({ behaviour: { fault: 'reset-before-headers' } }),
        'provider_error',
        /before it answered/,
      )
    })

    it('an error in mid-answer is an error after what was said', async () => {
      const errorEvent = { type: 'api_error', message: 'Internal server error' }
      const collected = await asked({ behaviour: { errorEvent } })
      failed(collected, 'provider_error', /Internal server error/)
      assert.deepEqual(collected.pieces, ['Hello', ', '])
    })

    it('an overload in mid-answer says when to try again', async () => {
      for (const type of ['overloaded_error', 'rate_limit_error']) {
        const collected = await asked({ behaviour: { errorEvent: { type, message: 'Overloaded' } } })
        assert.equal(failed(collected, 'provider_unavailable', /Overloaded/).retryAfterSeconds, 5)
      }
    })

    it('an event that is not JSON is an error that does not show it', async () => {
      const { message } = failed(
        await asked({ behaviour: { fault: 'invalid-json' } }),
        'provider_error',
        /not valid JSON/,
      )
      assert.doesNotMatch(message, /oh no/)
    })

    it('a line of 100 MB is refused long before its end', async () => {
      await using server = await subject.startServer()
      server.next({ fault: 'huge-line' })
      const provider = createProvider(settingsOf(server))
      const before = process.memoryUsage().rss
      const collected = await collect(provider.stream(turnOf(subject.model, true), never))
      failed(collected, 'provider_error', /larger than/)
      const request = await server.request(0)
      assert.equal((await request.closed).complete, false)
      assert.ok(request.bytesWritten() < 48 * 1024 * 1024, `${request.bytesWritten()} bytes were taken`)
      assert.ok(process.memoryUsage().rss - before < 160 * 1024 * 1024)
      await provider.close()
    })

    it('a plain body larger than 32 MiB is refused', async () => {
      const behaviour = {
        reply: {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: ' '.repeat(33 * 1024 * 1024),
        },
      }
      failed(await asked({ behaviour, turn: { stream: false } }), 'provider_error', /more than/)
    })
  })
}
