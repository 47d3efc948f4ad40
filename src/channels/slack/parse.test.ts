import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InboundMessage } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, parseFields } from '../fields.ts'
import type { Named } from './names.ts'
import { type BotIdentity, parseMessage } from './parse.ts'

const bot: BotIdentity = { userId: 'U0LAN0Z89', botId: 'B0LAN0Z89' }
const names = new Map<string, Named>([
  ['U2147483697', { name: 'Ada', isBot: false }],
  ['U061F7AUR', { name: 'Bob', isBot: false }],
])

function fixture(name: string): Fields {
  const payload = parseFields(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8'))
  assert.ok(payload)
  return payload
}

function read(payload: Fields): InboundMessage | undefined {
  return parseMessage(payload, bot)?.finish(names)
}

function changed(name: string, event: Fields): Fields {
  const payload = fixture(name)
  return { ...payload, event: { ...fieldsAt(payload, 'event'), ...event } }
}

test('a direct message is read with its text unescaped', () => {
  assert.deepEqual(read(fixture('message-im')), {
    updateId: 'D024BE91L:1355517523.000005',
    chatId: 'D024BE91L',
    route: {},
    kind: 'direct',
    roomId: null,
    isAddressed: true,
    at: 1_355_517_523_000,
    from: { id: 'U2147483697', name: 'Ada', isBot: false },
    text: 'Hello hello can you hear me? R&D says 1 < 2 &amp; 3 > 2',
    quoted: [],
  })
})

test('a mention reads the same as app_mention and as message, without the mention', () => {
  const mention = read(fixture('app-mention'))
  assert.deepEqual(mention, read(fixture('message-channels')))
  assert.equal(mention?.updateId, 'C123ABC456:1515449522.000016')
  assert.equal(mention?.text, 'is it everything a river should be?')
  assert.equal(mention?.isAddressed, true)
  assert.equal(mention?.roomId, 'C123ABC456')
  assert.equal(mention?.kind, 'group')
})

test('a mention that stands in the blocks alone counts', () => {
  assert.equal(read(changed('message-channels', { text: 'is it?' }))?.isAddressed, true)
  assert.equal(read(changed('message-channels', { text: 'is it?', blocks: [] }))?.isAddressed, false)
})

test('a reply in a thread is answered in that thread', () => {
  const reply = read(fixture('thread-reply'))
  assert.deepEqual(reply?.route, { threadTs: '1482960100.000001' })
  assert.equal(reply?.text, 'ask @Bob in #general')
  assert.equal(reply?.isAddressed, true)
})

test('a reply without a mention is addressed only where the bot began the thread', () => {
  assert.equal(read(changed('thread-reply', { text: 'and you?' }))?.isAddressed, false)
  const toBot = changed('thread-reply', { text: 'and you?', parent_user_id: bot.userId })
  assert.equal(read(toBot)?.isAddressed, true)
})

test('files stand before the words as text in brackets', () => {
  assert.equal(
    read(fixture('file-share'))?.text,
    '[photo]\n[document: report final.pdf]\n[voice message]\nwhat is this?',
  )
})

test('a shared message is quoted, a preview of a page is not', () => {
  const message = read(fixture('shared-message'))
  assert.equal(message?.text, 'is this true?')
  assert.deepEqual(message?.quoted, [
    { kind: 'forward', from: 'Bob Babbage', text: 'Prices & rents fell (https://example.com/a)' },
  ])
})

test('what another bot says is marked as a bot’s', () => {
  const message = read(fixture('bot-message'))
  assert.deepEqual(message?.from, { id: 'BB12033', name: 'github', isBot: true })
  assert.equal(read(changed('message-im', { bot_id: 'B1' }))?.from.isBot, true)
})

test('our own messages are left out, by user, by bot and by app', () => {
  assert.equal(read(changed('message-im', { user: bot.userId })), undefined)
  assert.equal(read(changed('message-im', { bot_id: bot.botId })), undefined)
  assert.equal(read(changed('message-im', { bot_id: 'B7', app_id: 'A0PNCHHK2' })), undefined)
})

for (const subtype of [
  'message_deleted',
  'channel_join',
  'channel_topic',
  'message_replied',
  'ekm_access_denied',
]) {
  test(`${subtype} is no message`, () => {
    assert.equal(read(changed('message-im', { subtype })), undefined)
  })
}

test('edits and other events are no messages', () => {
  assert.equal(read(fixture('message-changed')), undefined)
  assert.equal(read(changed('message-im', { type: 'reaction_added' })), undefined)
  assert.equal(read({ type: 'app_rate_limited' }), undefined)
})

test('nobody’s name is asked for twenty-one times', () => {
  const text = Array.from({ length: 100 }, (_, index) => `<@U${index}>`).join(' ')
  assert.equal(parseMessage(changed('message-im', { text }), bot)?.ids.length, 20)
})

test('an event with anything in any field never throws', () => {
  for (const value of [null, 7, '', [], {}, [null], { elements: 7 }, true]) {
    for (const key of [
      'text',
      'user',
      'ts',
      'channel',
      'blocks',
      'files',
      'attachments',
      'thread_ts',
      'bot_id',
      'subtype',
    ]) {
      read(changed('message-channels', { [key]: value }))
    }
    read({ event: value })
  }
})
