import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutgoingPart } from '../../src/domain/channels/channel.ts'
import { eventually } from '../support/eventually.ts'
import { slackStage } from '../support/slack-stage.ts'
import { no, tooMany } from '../support/slack-web-methods.ts'

function part(chatId: string, text = 'hello', more: Partial<OutgoingPart> = {}): OutgoingPart {
  return { chatId, route: {}, text, nonce: 'nonce', ordinal: 0, ...more }
}

const inTime = (): AbortSignal => AbortSignal.timeout(5000)

test('a part is posted in its chat and in its thread, and its ts is its id', async (t) => {
  const { server, channel } = await slackStage(t)
  const id = await channel.send(part('C1', '*hi* &amp; bye'), inTime())
  await channel.send(part('C1', 'below', { route: { threadTs: id } }), inTime())
  const { posts } = server.workspace
  assert.deepEqual(
    posts.map(({ text, thread, ts }) => [text, thread, ts]),
    [
      ['*hi* &amp; bye', undefined, id],
      ['below', id, posts[1]?.ts],
    ],
  )
  const [call] = server.callsOf('chat.postMessage')
  assert.equal(call?.args.link_names, 'false')
  assert.equal(call?.args.unfurl_links, 'false')
  assert.equal(call?.args.parse, 'none')
})

for (const [word, kind] of [
  ['channel_not_found', 'chat_unknown'],
  ['is_archived', 'chat_closed'],
  ['not_in_channel', 'chat_closed'],
  ['restricted_action', 'chat_closed'],
  ['invalid_auth', 'login_refused'],
  ['missing_scope', 'login_refused'],
  ['msg_too_long', 'refused'],
  ['a_word_of_tomorrow', 'refused'],
  ['internal_error', 'retry'],
  ['ratelimited', 'retry'],
] as const) {
  test(`${word} means ${kind}, in Slack's words`, async (t) => {
    const { server, channel } = await slackStage(t)
    server.answer('chat.postMessage', no(word))
    await assert.rejects(channel.send(part('C1'), inTime()), { kind, message: new RegExp(word) })
  })
}

test('the chats that the workspace has not, or not for us, are refused', async (t) => {
  const { channel } = await slackStage(t)
  await assert.rejects(channel.send(part('C404'), inTime()), { kind: 'chat_unknown' })
  await assert.rejects(channel.send(part('C3'), inTime()), { kind: 'chat_closed' })
  await assert.rejects(channel.send(part('C4'), inTime()), { kind: 'chat_closed', message: /Invite the bot/ })
  await assert.rejects(channel.send(part('U404'), inTime()), { kind: 'chat_unknown' })
})

test('a 429 is handed on with its wait, and nothing is tried again by itself', async (t) => {
  const { server, channel } = await slackStage(t)
  server.answer('chat.postMessage', tooMany(7))
  await assert.rejects(channel.send(part('C1'), inTime()), { kind: 'retry', retryAfterMs: 7000 })
  assert.equal(server.calls.length, 1)
  await channel.send(part('C1'), inTime())
})

test('a 5xx, a broken connection and silence are to be tried again', async (t) => {
  const { server, channel } = await slackStage(t, { timings: { callMs: 100 } })
  server.answer('chat.postMessage', { status: 503, body: 'no' })
  await assert.rejects(channel.send(part('C1'), inTime()), { kind: 'retry', message: /status 503/ })
  server.isBlackHole = true
  await assert.rejects(channel.send(part('C1'), inTime()), { kind: 'retry', message: /not answered/ })
  await server.down()
  await assert.rejects(channel.send(part('C1'), inTime()), { kind: 'retry', message: /ECONNREFUSED/ })
  server.isBlackHole = false
  await server.up()
  await channel.send(part('C1'), inTime())
})

test('a part whose signal aborts rejects with its reason at once', async (t) => {
  const { server, channel } = await slackStage(t, { timings: { callMs: 30_000 } })
  server.isBlackHole = true
  const stop = new AbortController()
  const sending = channel.send(part('C1'), stop.signal)
  const rejected = assert.rejects(sending, /enough/)
  await eventually('the call', () => (server.calls.length === 1 ? true : undefined))
  const at = performance.now()
  stop.abort(new Error('enough'))
  await rejected
  assert.ok(performance.now() - at < 10_000)
  await assert.rejects(channel.send(part('C1'), AbortSignal.abort(new Error('too late'))), /too late/)
})

test('a person is written to in the direct chat with the bot', async (t) => {
  const { server, channel } = await slackStage(t)
  await assert.rejects(channel.send(part('U1'), inTime()), { kind: 'chat_moved', movedTo: 'D1' })
  // Without the scope for that, Slack finds the chat by itself.
  server.answer('conversations.open', no('missing_scope', { needed: 'im:write' }))
  await channel.send(part('U2'), inTime())
  assert.equal(server.workspace.posts[0]?.channel, 'U2')
})

test('what we post does not come back to us', async (t) => {
  const { server, link, channel, connected, acknowledged } = await slackStage(t)
  channel.start(link)
  await connected()
  await channel.send(part('C1'), inTime())
  await acknowledged()
  assert.equal(server.sockets.deliveries.length, 1)
  assert.equal(link.calls, 0)
})

test('rendered parts of signs that grow when escaped pass the strict Slack', async (t) => {
  const { server, channel } = await slackStage(t)
  for (const text of [
    '&'.repeat(9000),
    '<b>&</b> '.repeat(1500),
    '😀&'.repeat(3000),
    `\`\`\`\n${'a < b && c\n'.repeat(900)}\`\`\``,
  ]) {
    const parts = channel.render(text)
    assert.ok(parts.length > 1)
    for (const [ordinal, rendered] of parts.entries()) {
      await channel.send(part('C1', rendered.text, { ordinal }), inTime())
    }
  }
  assert.deepEqual(server.workspace.violations, [])
})

test('typing costs nothing', async (t) => {
  const { server, channel } = await slackStage(t)
  await channel.typing({ chatId: 'C1', route: {} }, inTime())
  assert.equal(server.calls.length, 0)
})
