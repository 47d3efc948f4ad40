import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProvider } from '../../../src/providers/index.ts'
import { collect, turnOf } from '../../support/provider-collect.ts'
import { withSilentListener } from '../../support/provider-silent-listener.ts'
import type { Given } from './given.ts'

// Some milliseconds; a machine that does other things may take longer, but nothing like a deadline, which would end it as well.
const abortedWithinMs = 5_000

/** Callers and providers that go away, or hold each other back. */
export function describeLeaving(given: Given): void {
  const { subject, settingsOf, failed, never } = given

  describe('leaving', () => {
    const states = [
      ['stall-before-headers', true],
      ['stall-before-headers', false],
      ['stall-before-first-token', true],
      ['stall-mid-stream', true],
      ['stall-mid-stream', false],
    ] as const
    for (const [fault, stream] of states) {
      it(`an abort at ${fault} (${stream ? 'streamed' : 'plain'}) reaches the server at once`, async () => {
        await using server = await subject.startServer()
        server.next({ fault })
        const provider = createProvider(settingsOf(server))
        const leaving = new AbortController()
        const events = provider.stream(turnOf(subject.model, stream), leaving.signal)
        const saysSomething = fault === 'stall-mid-stream' && stream
        let said = events.next()
        while (saysSomething && (await said).value?.type !== 'text') said = events.next()
        const rest = collect(events)
        const request = await server.request(0)
        await request.stalled
        const reason = new Error('the caller went away')
        const at = performance.now()
        leaving.abort(reason)
        if (saysSomething) assert.equal((await rest).error, reason)
        else await assert.rejects(said, reason)
        assert.equal((await rest).finish, undefined)
        const closed = await request.closed
        assert.equal(closed.complete, false)
        assert.ok(closed.at - at < abortedWithinMs, `took ${closed.at - at} ms`)
        await provider.close()
      })
    }

    it('an abort while connecting rejects at once', async () => {
      await withSilentListener(async (port) => {
        const provider = createProvider({
          name: 'acme',
          api: subject.api,
          baseUrl: `https://127.0.0.1:${port}`,
        })
        const leaving = new AbortController()
        const answer = collect(
          provider.stream(turnOf(subject.model, true, { connectTimeoutMs: 60_000 }), leaving.signal),
        )
        const at = performance.now()
        setImmediate(() => leaving.abort(new Error('gone')))
        assert.match(String((await answer).error), /gone/)
        assert.ok(performance.now() - at < abortedWithinMs)
      })
    })

    it('a connection that does not come about in time is a timeout that says where', async () => {
      await withSilentListener(async (port) => {
        const provider = createProvider({
          name: 'acme',
          api: subject.api,
          baseUrl: `https://127.0.0.1:${port}`,
        })
        const collected = await collect(
          provider.stream(turnOf(subject.model, true, { connectTimeoutMs: 50 }), never),
        )
        failed(collected, 'provider_timeout', /connect/)
      })
    })

    it('an address where nobody listens is unavailable for now', async () => {
      const server = await subject.startServer()
      await server.close()
      const provider = createProvider(settingsOf(server))
      const collected = await collect(provider.stream(turnOf(subject.model, true), never))
      assert.equal(failed(collected, 'provider_unavailable', /ECONNREFUSED/).retryAfterSeconds, 5)
      await provider.close()
    })

    it('a signal that has aborted already sends nothing', async () => {
      await using server = await subject.startServer()
      const provider = createProvider(settingsOf(server))
      const reason = new Error('never mind')
      const { error } = await collect(provider.stream(turnOf(subject.model, true), AbortSignal.abort(reason)))
      assert.equal(error, reason)
      assert.equal(server.connectionsMade(), 0)
    })

    it('an abort takes precedence over what has come but was not taken', async () => {
      await using server = await subject.startServer()
      const provider = createProvider(settingsOf(server))
      const leaving = new AbortController()
      const events = provider.stream(turnOf(subject.model, true), leaving.signal)
      await events.next()
      await (await server.request(0)).closed
      leaving.abort(new Error('enough'))
      await assert.rejects(async () => {
        for await (const event of events) assert.notEqual(event.type, 'finish')
      }, /enough/)
      await provider.close()
    })

    it('a caller that stops taking releases the connection', async () => {
      await using server = await subject.startServer()
      server.next({ fault: 'endless' })
      const provider = createProvider(settingsOf(server))
      for await (const event of provider.stream(turnOf(subject.model, true), never))
        if (event.type === 'text') break
      assert.equal((await (await server.request(0)).closed).complete, false)
      await provider.close()
    })

    it('a caller that takes nothing holds the provider back, and goes on where it was', async () => {
      await using server = await subject.startServer()
      server.next({ fault: 'endless', pieces: ['x'.repeat(1000), 'end'] })
      const provider = createProvider(settingsOf(server))
      const leaving = new AbortController()
      const events = provider.stream(turnOf(subject.model, true), leaving.signal)
      await events.next()
      const request = await server.request(0)
      const bytes = await settled(() => request.bytesWritten())
      assert.ok(request.isHeldBack())
      assert.ok(bytes < 32 * 1024 * 1024, `the server wrote ${bytes} bytes to a reader that takes nothing`)
      for (let i = 0; i < 5000; i++) assert.notEqual((await events.next()).value?.type, 'finish')
      leaving.abort()
      assert.equal((await request.closed).complete, false)
      await provider.close()
    })
  })
}

/** Resolves with a number once it has not changed for 200 ms. Rejects where it is still changing after 20 s. */
async function settled(read: () => number): Promise<number> {
  let last = read()
  let sameSince = performance.now()
  const until = sameSince + 20_000
  while (performance.now() - sameSince < 200) {
    if (performance.now() > until) throw new Error(`still changing, now ${last}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = read()
    if (now !== last) sameSince = performance.now()
    last = now
  }
  return last
}
