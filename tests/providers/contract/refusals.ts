import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../../../src/domain/errors.ts'
import type { Given } from './given.ts'

/** What the provider refuses, and what becomes of it. */
export function describeRefusals(given: Given): void {
  const { subject, asked, failed } = given

  describe('refusals', () => {
    const table: readonly (readonly [status: number, type: string, message: string, code: ErrorCode])[] = [
      [400, 'invalid_request_error', 'tools.0.custom.name: Field required', 'provider_error'],
      [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'invalid_request'],
      [400, 'invalid_request_error', 'image exceeds 5 MB maximum: 6 MB', 'invalid_request'],
      [401, 'authentication_error', 'invalid x-api-key', 'provider_error'],
      [402, 'billing_error', 'Insufficient credits', 'provider_error'],
      [403, 'permission_error', 'Your account may not use this', 'provider_error'],
      [404, 'not_found_error', 'model: claude-nope', 'model_not_found'],
      [404, 'not_found_error', 'Not found', 'model_not_found'],
      [408, 'timeout_error', 'Timed out', 'provider_unavailable'],
      [413, 'request_too_large', 'Request exceeds the maximum size', 'invalid_request'],
      [429, 'rate_limit_error', 'Too many requests', 'provider_unavailable'],
      [500, 'api_error', 'Internal server error', 'provider_error'],
      [502, 'api_error', 'Bad gateway', 'provider_error'],
      [503, 'api_error', 'Service unavailable', 'provider_unavailable'],
      [504, 'timeout_error', 'Gateway timeout', 'provider_error'],
      [529, 'overloaded_error', 'Overloaded', 'provider_unavailable'],
    ]
    for (const [status, type, message, code] of table) {
      it(`${status} "${message}" is ${code}`, async () => {
        const behaviour = { reply: { status, body: subject.errorBody(type, message) } }
        const error = failed(await asked({ behaviour }), code, new RegExp(String(status)))
        assert.equal(error.retryAfterSeconds, code === 'provider_unavailable' ? 5 : undefined)
        assert.ok(error.message.includes(message), error.message)
      })
    }

    it('a busy provider is tried again when it says', async () => {
      for (const [headers, seconds] of [
        [{ 'retry-after': '17' }, 17],
        [{ 'retry-after-ms': '1200' }, 2],
        [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, 30],
        [{ 'retry-after': '0' }, 1],
        [{ 'retry-after': 'soon' }, 5],
      ] as const) {
        const error = failed(
          await asked({ behaviour: { reply: { status: 429, headers } } }),
          'provider_unavailable',
          /429/,
        )
        assert.equal(error.retryAfterSeconds, seconds)
      }
    })

    it('a redirect is not followed', async () => {
      const reply = { status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } }
      failed(await asked({ behaviour: { reply } }), 'provider_error', /redirect/)
    })

    it('an error page is named by its status alone', async () => {
      const reply = {
        status: 502,
        headers: { 'content-type': 'text/html' },
        body: '<title>Bad gateway of Acme, Inc.</title>',
      }
      const { message } = failed(await asked({ behaviour: { reply } }), 'provider_error', /502/)
      assert.doesNotMatch(message, /title|Inc/)
    })

    it('no message holds a key, whoever wrote it, nor more than a few words of the provider', async () => {
      const secret = 'my-own-secret-key'
      const other = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789'
      const body = subject.errorBody(
        'authentication_error',
        `Bad key ${secret} and ${other}, ${'very '.repeat(200)}bad`,
      )
      const behaviour = { reply: { status: 400, body } }
      const headers = { 'x-proxy-authorization': secret }
      const { message } = failed(
        await asked({ behaviour, settings: { headers } }),
        'provider_error',
        /\*\*\*/,
      )
      assert.doesNotMatch(message, /secret-key|abcdef/)
      assert.ok(message.length < 400, message)
    })

    it('a key that HTTP cannot carry is an error that does not show it', async () => {
      const collected = await asked({ settings: { apiKey: 'key-of\u0001binary' } })
      assert.doesNotMatch(failed(collected, 'provider_error', /not valid in HTTP/).message, /binary/)
    })

    it('a wrong key is refused by name and without the key', async () => {
      const wrong = 'sk-wrong-key-that-nobody-knows'
      const { message } = failed(
        await asked({ settings: { apiKey: wrong } }),
        'provider_error',
        /401.*[Cc]heck the key/,
      )
      assert.doesNotMatch(message, /sk-wrong/)
    })

    it('an unknown model, and content that is too large, are the caller’s to mend', async () => {
      failed(await asked({ turn: { model: 'nope' } }), 'model_not_found', /"nope"/)
      const messages = [{ role: 'user', content: 'word '.repeat(2000) }] as const
      failed(await asked({ turn: { model: subject.smallModel, messages } }), 'invalid_request', /maximum/)
      failed(await asked({ turn: { maxTokens: 1_000_000 } }), 'invalid_request', /1000000/)
    })
  })

  describe('temperature', () => {
    it('is sent to a model that takes one', async () => {
      const { server, warnings } = await asked({ turn: { temperature: 0.5 } })
      assert.deepEqual(warnings, [])
      assert.partialDeepStrictEqual(server.requests[0]?.body, { temperature: 0.5 })
    })

    it('is left out with a warning, at once, for a model that is known to take none', async () => {
      const { server, warnings, pieces } = await asked({
        turn: { model: subject.modelWithoutTemperature, temperature: 0.5 },
      })
      assert.deepEqual(warnings, ['temperature_ignored'])
      assert.equal(pieces.length, 4)
      assert.equal(server.requests.length, 1)
    })

    it('is left out with a warning, on the second try, for a model that turns out to take none', async () => {
      const { server, warnings, pieces } = await asked({
        turn: { model: subject.smallModel, temperature: 0.5, maxTokens: 10 },
      })
      assert.deepEqual(warnings, ['temperature_ignored'])
      assert.equal(pieces.length, 4)
      assert.ok(server.requests.length > 1)
    })
  })
}
