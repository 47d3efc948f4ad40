import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  ChannelFailure,
  type ChannelFailureKind,
  type OutgoingPart,
} from '../../src/domain/channels/channel.ts'
import { telegramStage } from '../support/telegram-channel.ts'
import { refused } from '../support/telegram-state.ts'

const inTime = (): AbortSignal => AbortSignal.timeout(5_000)

function part(change: Partial<OutgoingPart> = {}): OutgoingPart {
  return { chatId: '4242', route: {}, nonce: 'n1', ordinal: 0, text: 'Hello', plain: 'Hello', ...change }
}

async function failureOf(sending: Promise<unknown>): Promise<ChannelFailure> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ChannelFailure, `no failure: ${inspect(error)}`)
  return error
}

test('a part is posted with its markup, without a preview of its links, and its id comes back', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.say('hi')
  const id = await channel.send(
    part({ text: '<b>Tea</b> &amp; <a href="https://x.example/">more</a>' }),
    inTime(),
  )
  assert.deepEqual(server.taken, [
    {
      messageId: Number(id),
      chatId: 4242,
      text: 'Tea & more',
      entities: [
        { type: 'bold', offset: 0, length: 3 },
        { type: 'text_link', offset: 6, length: 4, url: 'https://x.example/' },
      ],
      topic: undefined,
      replyTo: undefined,
      hasPreview: false,
    },
  ])
})

test('markup that Telegram refuses is posted as plain text at once', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.say('hi')
  const broken = '<b>Tea</i> <unknown>'
  await channel.send(part({ text: broken, plain: 'Tea <unknown>' }), inTime())
  await channel.send(part({ text: `<b>${'x'.repeat(4097)}</b>`, plain: 'short' }), inTime())
  assert.deepEqual(
    server.taken.map(({ text, entities }) => ({ text, entities })),
    [
      { text: 'Tea <unknown>', entities: [] },
      { text: 'short', entities: [] },
    ],
  )
  const { plain: _, ...noPlain } = part({ text: broken })
  const failure = await failureOf(channel.send(noPlain, inTime()))
  assert.equal(failure.kind, 'refused')
  assert.match(failure.message, /can't parse entities: Unmatched end tag at byte offset 6, expected "<\/b>"/)
})

test('each refusal is understood', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.say('hi')
  const cases: readonly (readonly [number, string, ChannelFailureKind])[] = [
    [400, 'Bad Request: chat not found', 'chat_unknown'],
    [400, 'Bad Request: PEER_ID_INVALID', 'chat_unknown'],
    [400, 'Bad Request: message is too long', 'refused'],
    [400, 'Bad Request: message text is empty', 'refused'],
    [400, 'Bad Request: message thread not found', 'refused'],
    [400, 'Bad Request: not enough rights to send text messages to the chat', 'chat_closed'],
    [400, 'Bad Request: CHAT_WRITE_FORBIDDEN', 'chat_closed'],
    [400, 'Bad Request: TOPIC_CLOSED', 'chat_closed'],
    [401, 'Unauthorized', 'login_refused'],
    [403, 'Forbidden: bot was blocked by the user', 'chat_closed'],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'chat_closed'],
    [404, 'Not Found', 'login_refused'],
    [500, 'Internal Server Error', 'retry'],
    [502, 'Bad Gateway', 'retry'],
  ]
  for (const [status, words, kind] of cases) {
    server.always('sendMessage', refused(status, words))
    const failure = await failureOf(channel.send(part(), inTime()))
    assert.equal(failure.kind, kind, words)
    assert.ok(failure.message.includes(words), failure.message)
  }
})

test('a token that Telegram itself repeats is not handed on', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.always('sendMessage', refused(400, `Bad Request: odd call of /bot${server.token}/sendMessage`))
  const failure = await failureOf(channel.send(part(), inTime()))
  assert.equal(failure.message, 'Bad Request: odd call of /bot…/sendMessage')
})

test('a wait that Telegram asks for is handed on, and no typing is shown meanwhile', async (t) => {
  const { server, link, channel, connected } = await telegramStage(t)
  channel.start(link)
  await connected()
  server.say('hi')
  const chat = { chatId: '4242', route: {} }
  await channel.typing(chat, inTime())
  server.next('sendMessage', {
    ok: false,
    error_code: 429,
    description: 'Too Many Requests: retry after 7',
    parameters: { retry_after: 7 },
  })
  const failure = await failureOf(channel.send(part(), inTime()))
  assert.deepEqual([failure.kind, failure.retryAfterMs], ['retry', 7_000])
  await channel.typing(chat, inTime())
  assert.equal(server.callsOf('sendChatAction').length, 1)
})

test('a group that has moved is told with its new id', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.state.chats.set(-4321, { id: -4321, type: 'group', movedTo: -1_001_234 })
  const failure = await failureOf(channel.send(part({ chatId: '-4321' }), inTime()))
  assert.deepEqual([failure.kind, failure.movedTo], ['chat_moved', '-1001234'])
})

test('a connection that breaks, stalls or speaks no Bot API may be tried again', async (t) => {
  const { server, channel } = await telegramStage(t, { timings: { callMs: 200 } })
  server.say('hi')
  server.next(
    'sendMessage',
    { fault: 'cut' },
    { fault: 'stall' },
    { fault: 'page', status: 502, text: '<html>Bad Gateway</html>' },
    { fault: 'page', status: 500, text: '{"message":"no"}' },
  )
  for (const words of [/cannot be reached/, /not answered within/, /Bot API/, /Bot API/]) {
    const failure = await failureOf(channel.send(part(), inTime()))
    assert.equal(failure.kind, 'retry')
    assert.match(failure.message, words)
    assert.ok(!inspect(failure, { depth: 10 }).includes(server.token))
  }
})

test('whoever gives up gets its own reason', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.always('sendMessage', { fault: 'stall' })
  const leaving = new AbortController()
  const sending = channel.send(part(), leaving.signal)
  const reason = new Error('left')
  setTimeout(() => leaving.abort(reason), 50)
  await assert.rejects(sending, (error) => error === reason)
  await assert.rejects(channel.send(part(), AbortSignal.abort(reason)), (error) => error === reason)
})

test('what cannot be a chat is not asked for', async (t) => {
  const { server, channel } = await telegramStage(t)
  for (const chatId of [
    '',
    'alice',
    '12.5',
    '1e5',
    '0x10',
    ' 4242',
    '99999999999999999999',
    '@a',
    '@a b',
    '0',
  ]) {
    const failure = await failureOf(channel.send(part({ chatId }), inTime()))
    assert.equal(failure.kind, 'chat_unknown', chatId)
  }
  assert.equal(server.calls.length, 0)
})

test('a public channel is known by its name', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.state.chats.set(-1005, { id: -1005, type: 'channel', username: 'tea_news' })
  await channel.send(part({ chatId: '@tea_news' }), inTime())
  assert.equal(server.taken[0]?.chatId, -1005)
  const failure = await failureOf(channel.send(part({ chatId: '@nobody_there' }), inTime()))
  assert.equal(failure.kind, 'chat_unknown')
})

test('only the first part of an answer replies, and one whose message is gone is posted all the same', async (t) => {
  const { server, channel } = await telegramStage(t)
  const { message_id } = server.say('hi')
  const route = { replyTo: String(message_id) }
  await channel.send(part({ route }), inTime())
  await channel.send(part({ route, ordinal: 1 }), inTime())
  await channel.send(part({ route: { replyTo: '99999' } }), inTime())
  server.next('sendMessage', refused(400, 'Bad Request: message to be replied not found'))
  await channel.send(part({ route }), inTime())
  assert.deepEqual(
    server.taken.map(({ replyTo }) => replyTo),
    [message_id, undefined, undefined, undefined],
  )
})

test('a topic of a forum is answered in itself, the general one without its name', async (t) => {
  const { server, channel } = await telegramStage(t)
  const chatId = '-100777'
  server.state.chats.set(-100_777, { id: -100_777, type: 'supergroup', topics: [77] })
  await channel.send(part({ chatId, route: { topic: '77' } }), inTime())
  await channel.send(part({ chatId, route: { topic: '1' } }), inTime())
  await channel.typing({ chatId, route: { topic: '77' } }, inTime())
  await channel.typing({ chatId, route: { topic: '1' } }, inTime())
  assert.deepEqual(
    server.taken.map(({ topic }) => topic),
    [77, undefined],
  )
  assert.deepEqual(
    server.callsOf('sendChatAction').map(({ params }) => params.message_thread_id),
    [77, 1],
  )
})

test('typing that is refused rejects as a part does', async (t) => {
  const { server, channel } = await telegramStage(t)
  server.next('sendChatAction', refused(403, 'Forbidden: bot was blocked by the user'))
  const failure = await failureOf(channel.typing({ chatId: '4242', route: {} }, inTime()))
  assert.equal(failure.kind, 'chat_closed')
})
