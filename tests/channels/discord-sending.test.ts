import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChannelFailure } from '../../src/domain/channels/channel.ts'
import { DiscordBench, fastTimings, partTo } from '../support/discord-channel.ts'
import type { Fault } from '../support/discord-server.ts'
import { at } from '../support/json.ts'

const never = new AbortController().signal

async function failureOf(sending: Promise<unknown>): Promise<ChannelFailure> {
  const failure = await sending.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(failure instanceof ChannelFailure, String(failure))
  return failure
}

describe('sending to Discord', () => {
  it('posts a part with its nonce enforced and nobody rung, and tells its id', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    const id = await channel.send(partTo(bench.direct, 'Hello @everyone <@1>'), never)
    assert.equal(bench.server.posted(bench.direct)[0]?.id, id)
    assert.deepEqual(bench.server.calls.at(-1)?.body, {
      content: 'Hello @everyone <@1>',
      nonce: 'n'.repeat(25),
      enforce_nonce: true,
      allowed_mentions: { parse: [], replied_user: false },
    })
  })

  it('posts a part once, however often it is sent with the same nonce', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    let isFirst = true
    bench.server.fault = (method) => {
      if (method !== 'POST' || !isFirst) return undefined
      isFirst = false
      return { when: 'after', fault: 'cut' }
    }
    const part = partTo(bench.direct, 'once')
    assert.equal((await failureOf(channel.send(part, never))).kind, 'retry')
    assert.equal(await channel.send(part, never), bench.server.posted(bench.direct)[0]?.id)
    assert.equal(bench.server.posted(bench.direct).length, 1)
  })

  it('answers the message that is replied to with the first part alone, also where that is gone', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    const route = { replyTo: '1071000000000009999' }
    await channel.send(partTo(bench.room, 'first', { route }), never)
    await channel.send(partTo(bench.room, 'second', { route, ordinal: 1, nonce: 'two' }), never)
    const bodies = bench.server.calls.filter(({ method }) => method === 'POST').map(({ body }) => body)
    assert.deepEqual(
      bodies.map((body) => at(body, 'message_reference')),
      [{ message_id: '1071000000000009999', fail_if_not_exists: false }, undefined],
    )
  })

  it('posts without the reference where Discord does not let the bot reply', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    const message = 'Cannot reply without permission to read message history'
    bench.server.fault = () =>
      bench.server.calls.some(({ method }) => method === 'POST')
        ? undefined
        : { status: 403, body: { message, code: 160_002 } }
    await channel.send(partTo(bench.room, 'Hello', { route: { replyTo: '1071000000000009999' } }), never)
    assert.equal(bench.server.posted(bench.room).length, 1)
  })

  for (const [chatId, kind] of [
    ['general', 'chat_unknown'],
    ['-5', 'chat_unknown'],
    ['99999999999999999999', 'chat_unknown'],
    ['../users/@me', 'chat_unknown'],
    ['999999999999999999', 'chat_unknown'],
  ] as const) {
    it(`${chatId} is a chat that Discord does not know`, async () => {
      await using bench = await DiscordBench.start()
      const channel = bench.run()
      assert.equal((await failureOf(channel.send(partTo(chatId, 'Hello'), never))).kind, kind)
      assert.equal((await failureOf(channel.typing({ chatId, route: {} }, never))).kind, kind)
    })
  }

  const refusals: readonly (readonly [string, Fault, ChannelFailure['kind']])[] = [
    ['no access', { status: 403, body: { message: 'Missing Access', code: 50_001 } }, 'chat_closed'],
    [
      'a blocked direct chat',
      { status: 403, body: { message: 'Cannot send messages to this user', code: 50_007 } },
      'chat_closed',
    ],
    ['no permission', { status: 403, body: { message: 'Missing Permissions', code: 50_013 } }, 'chat_closed'],
    ['a locked thread', { status: 403, body: { message: 'Thread is locked', code: 160_005 } }, 'chat_closed'],
    [
      'a token that is refused',
      { status: 401, body: { message: '401: Unauthorized', code: 0 } },
      'login_refused',
    ],
    [
      'a part that is refused',
      { status: 400, body: { message: 'Message blocked by AutoMod', code: 200_000 } },
      'refused',
    ],
    ['a server error', { status: 500, body: { message: 'oops', code: 0 } }, 'retry'],
    [
      'a proxy that blocks',
      { status: 403, body: '<html>1015</html>', headers: { 'content-type': 'text/html' } },
      'retry',
    ],
    ['a broken connection', { fault: 'cut' }, 'retry'],
    ['an answer that is no JSON', { status: 200, body: '<html>' }, 'retry'],
    ['an answer without an id', { status: 200, body: {} }, 'retry'],
  ]
  for (const [what, fault, kind] of refusals) {
    it(`${what} is told as ${kind}, in Discord's words and without the text or the token`, async () => {
      await using bench = await DiscordBench.start()
      const channel = bench.run()
      bench.server.fault = () => fault
      const failure = await failureOf(channel.send(partTo(bench.direct, 'a private text'), never))
      assert.equal(failure.kind, kind)
      const shown = `${failure.message} ${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`
      assert.ok(!shown.includes('private text') && !shown.includes(bench.server.token), shown)
      if ('body' in fault && kind === 'chat_closed') assert.match(failure.message, /Missing|Cannot|Thread/)
    })
  }

  it('tells what is too long in the words of Discord', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    const failure = await failureOf(channel.send(partTo(bench.direct, 'x'.repeat(2001)), never))
    assert.equal(failure.kind, 'refused')
    assert.match(failure.message, /2000 or fewer/)
  })

  it('takes a refused token anew once Discord accepts it', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    bench.server.fault = () => ({ status: 401, body: { message: '401: Unauthorized', code: 0 } })
    assert.equal((await failureOf(channel.send(partTo(bench.direct, 'Hello'), never))).kind, 'login_refused')
    bench.server.fault = undefined
    await channel.send(partTo(bench.direct, 'Hello'), never)
  })

  it('waits for its bucket before Discord has to say so, and never draws a 429', async () => {
    await using bench = await DiscordBench.start()
    bench.server.windowMs = 300
    bench.server.limit = 3
    const channel = bench.run()
    const sending = Array.from({ length: 9 }, (_, n) =>
      channel.send(partTo(bench.direct, `${n}`, { nonce: `n${n}` }), never),
    )
    await Promise.all(sending)
    const posts = bench.server.calls.filter(({ path }) => path.endsWith('/messages'))
    assert.deepEqual(
      posts.map(({ status }) => status),
      Array.from({ length: 9 }, () => 200),
    )
    assert.equal(new Set(bench.server.posted(bench.direct).map(({ content }) => content)).size, 9)
  })

  it('waits as long as a 429 says, in its body too, and then posts', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    let left = 2
    bench.server.fault = (method) =>
      method === 'POST' && left-- > 0
        ? { status: 429, body: { message: 'You are being rate limited.', retry_after: 0.15, global: false } }
        : undefined
    await channel.send(partTo(bench.direct, 'Hello'), never)
    const [first, second, third] = bench.server.calls
      .filter(({ method }) => method === 'POST')
      .map((call) => call.at)
    assert.ok(Number(second) - Number(first) >= 145 && Number(third) - Number(second) >= 145)
  })

  it('holds every chat back for a global 429', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    bench.server.fault = (method) => {
      const isFirst = !bench.server.calls.some((call) => call.method === 'POST')
      return method === 'POST' && isFirst
        ? {
            status: 429,
            headers: { 'retry-after': '1', 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' },
            body: { message: 'You are being rate limited.', retry_after: 0.4, global: true },
          }
        : undefined
    }
    const first = channel.send(partTo(bench.direct, 'one', { nonce: 'a' }), never)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const second = channel.send(partTo(bench.room, 'two', { nonce: 'b' }), never)
    await Promise.all([first, second])
    const posts = bench.server.calls.filter(({ method }) => method === 'POST')
    assert.deepEqual(
      posts.map(({ status }) => status),
      [429, 200, 200],
    )
    for (const post of posts.slice(1)) assert.ok(post.at - (posts[0]?.at ?? 0) >= 950)
  })

  it('hands a part back with the time to wait where that is too long to be waited here', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    bench.server.fault = () => ({
      status: 429,
      headers: { 'retry-after': '65' },
      body: { retry_after: 64.57, global: false },
    })
    const failure = await failureOf(channel.send(partTo(bench.direct, 'Hello'), never))
    assert.equal(failure.kind, 'retry')
    assert.ok((failure.retryAfterMs ?? 0) >= 64_570 && (failure.retryAfterMs ?? 0) < 67_000)
  })

  it('does not wait to show that it writes', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    bench.server.fault = () => ({
      status: 429,
      headers: { 'retry-after': '2' },
      body: { retry_after: 2, global: false },
    })
    const since = performance.now()
    const failure = await failureOf(channel.typing({ chatId: bench.direct, route: {} }, never))
    assert.equal(failure.kind, 'retry')
    assert.ok(performance.now() - since < 1_900)
  })

  it('ends at its signal, in the middle of a call and of a wait, and at its deadline', async () => {
    await using bench = await DiscordBench.start()
    bench.timings = { ...fastTimings, callMs: 2_000 }
    const channel = bench.run()
    for (const fault of [
      { fault: 'silence' as const },
      { status: 429, headers: { 'retry-after': '5' }, body: { retry_after: 5, global: false } },
    ]) {
      bench.server.fault = () => fault
      const leaving = new AbortController()
      setTimeout(() => leaving.abort(new Error('left')), 50)
      const since = performance.now()
      await assert.rejects(channel.send(partTo(bench.direct, 'Hello'), leaving.signal), /left/)
      assert.ok(performance.now() - since < 1_800)
    }
    bench.server.fault = () => ({ fault: 'silence' })
    const failure = await failureOf(channel.send(partTo(bench.room, 'Hello'), never))
    assert.equal(failure.kind, 'retry')
  })

  it('splits a code block of 10,000 characters into parts that Discord takes, each with its fences', async () => {
    await using bench = await DiscordBench.start()
    const channel = bench.run()
    bench.server.limit = 100
    const code = Array.from(
      { length: 250 },
      (_, n) => `const value${n} = 'line number ${n}'  // ${'x'.repeat(8)}`,
    )
    const parts = channel.render(`Here:\n\n\`\`\`ts\n${code.join('\n')}\n\`\`\``)
    for (const [ordinal, { text }] of parts.entries()) {
      await channel.send(partTo(bench.direct, text, { ordinal, nonce: `part${ordinal}` }), never)
    }
    const posted = bench.server.posted(bench.direct).map(({ content }) => content)
    assert.ok(posted.length >= 6)
    for (const text of posted) assert.equal((text.match(/```/g) ?? []).length % 2, 0)
    for (const line of code)
      assert.ok(
        posted.some((text) => text.includes(line)),
        line,
      )
  })
})
