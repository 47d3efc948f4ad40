import assert from 'node:assert/strict'
import { at } from '../../support/json.ts'
import type { ForEachClient } from './driven.ts'
import { startForeignServer } from './foreign-server.ts'

const chat = { action: 'chat', message: 'Hi.' }
const body = '{"error":"overloaded","message":"Too much.","requestId":"req_1"}'
const now = 'Mon, 23 Nov 2026 05:00:00 GMT'

/** The rows of the table about when to ask again. */
export function foreignWaits(forEachClient: ForEachClient): void {
  forEachClient('Retry-After is whole seconds, or a date by the clock of the server', async (client) => {
    await using server = await startForeignServer()
    const cases: readonly (readonly [string, number | undefined])[] = [
      ['7', 7],
      ['0', 0],
      ['-5', undefined],
      ['+7', undefined],
      ['1.5', undefined],
      ['soon', undefined],
      ['9'.repeat(12), 999_999_999],
      ['9'.repeat(5_000), 999_999_999],
      ['Mon, 23 Nov 2026 05:00:45 GMT', 45],
      ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
      ['Wed, 99 Oct 2015 07:28:00 GMT', undefined],
    ]
    for (const [value, seconds] of cases) {
      server.next({ status: 503, headers: { 'Retry-After': value, Date: now }, body })
      const error = at(await client.order({ ...chat, baseUrl: server.url, maxRetries: 0 }), 'error')
      assert.equal(at(error, 'retryAfter'), seconds, value.slice(0, 40))
    }
    const told = body.replace('}', ',"retryAfter":9}')
    for (const headers of [{ 'Retry-After': '-5' }, {}] as readonly Record<string, string>[]) {
      server.next({ status: 503, headers, body: told })
      const error = at(await client.order({ ...chat, baseUrl: server.url, maxRetries: 0 }), 'error')
      assert.equal(at(error, 'retryAfter'), 9)
    }
  })

  forEachClient('a wait that is over is short, and one beyond a minute is told at once', async (client) => {
    await using server = await startForeignServer()
    for (const value of ['Wed, 21 Oct 2015 07:28:00 GMT', '-5', '0']) {
      server.next({ status: 503, headers: { 'Retry-After': value }, body })
      assert.equal(at(await client.order({ ...chat, baseUrl: server.url }), 'value', 'content'), 'well')
    }
    for (const value of ['9'.repeat(12), 'Mon, 23 Nov 2026 05:02:00 GMT']) {
      const before = server.requests.length
      server.next({ status: 503, headers: { 'Retry-After': value, Date: now }, body })
      assert.equal(at(await client.order({ ...chat, baseUrl: server.url }), 'error', 'status'), 503)
      assert.equal(server.requests.length - before, 1)
    }
  })

  forEachClient(
    'a caller who leaves during the wait before another try is let go at once',
    async (client) => {
      // The plain Python client blocks its thread: nobody can leave but by a signal to the process.
      if (client.name === 'python') return
      await using server = await startForeignServer()
      server.next({ status: 503, headers: { 'Retry-After': '50' }, body })
      const outcome = await client.order({ ...chat, baseUrl: server.url, abortAfterMs: 300 })
      assert.deepEqual(outcome, { value: { aborted: true } })
      assert.equal(server.requests.length, 1)
    },
  )
}
