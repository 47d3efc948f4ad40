import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelAccess } from './access.ts'
import { admitMessage } from './admit-message.ts'
import type { InboundMessage } from './channel.ts'

const direct: InboundMessage = {
  updateId: 'u1',
  chatId: '42',
  route: {},
  from: { id: '42', name: 'Alice', isBot: false },
  kind: 'direct',
  roomId: null,
  isAddressed: true,
  text: 'Hello',
  quoted: [],
  at: 0,
}
const group: InboundMessage = { ...direct, chatId: '-7', kind: 'group', roomId: '-7' }
const access: ChannelAccess = {
  name: 'telegram',
  dmPolicy: 'pairing',
  allowFrom: [],
  groupPolicy: 'open',
  rooms: {},
}

test('a stranger is offered a code, and answered once let in by it or by the list', () => {
  assert.equal(admitMessage(direct, access, false), 'pair')
  assert.equal(admitMessage(direct, access, true), 'answer')
  assert.equal(admitMessage(direct, { ...access, allowFrom: ['42'] }, false), 'answer')
  assert.equal(admitMessage(direct, { ...access, allowFrom: ['*'] }, false), 'answer')
})

test('an allowlist knows nobody but those on it, whoever was paired before', () => {
  const allowlist = { ...access, dmPolicy: 'allowlist', allowFrom: ['42'] } as const
  assert.equal(admitMessage(direct, allowlist, false), 'answer')
  const stranger = { ...direct, from: { ...direct.from, id: '43' } }
  assert.equal(admitMessage(stranger, allowlist, true), 'not_in_allow_from')
})

test('people are known by id: a name that stands on the list lets nobody in', () => {
  const byName = { ...access, dmPolicy: 'allowlist', allowFrom: ['Alice'] } as const
  assert.equal(admitMessage(direct, byName, false), 'not_in_allow_from')
})

test('an open bot answers everybody, but only where the list says so too', () => {
  assert.equal(admitMessage(direct, { ...access, dmPolicy: 'open', allowFrom: ['*'] }, false), 'answer')
  assert.equal(admitMessage(direct, { ...access, dmPolicy: 'open' }, false), 'not_in_allow_from')
})

test('a bot whose direct chats are disabled answers in none, whoever asks', () => {
  const disabled = { ...access, dmPolicy: 'disabled', allowFrom: ['*'] } as const
  assert.equal(admitMessage(direct, disabled, true), 'dm_disabled')
})

test('a room is answered when the bot is addressed, and else not', () => {
  assert.equal(admitMessage(group, access, false), 'answer')
  assert.equal(admitMessage({ ...group, isAddressed: false }, access, false), 'not_addressed')
  const chatty = { ...access, rooms: { '-7': { requireMention: false } } }
  assert.equal(admitMessage({ ...group, isAddressed: false }, chatty, false), 'answer')
})

test('with a list of rooms the others are ignored, but for what the star stands for', () => {
  const listed = { ...access, groupPolicy: 'allowlist', rooms: { '-8': { requireMention: true } } } as const
  assert.equal(admitMessage(group, listed, false), 'room_not_listed')
  assert.equal(admitMessage({ ...group, roomId: '-8' }, listed, false), 'answer')
  assert.equal(admitMessage({ ...group, roomId: null }, listed, false), 'room_not_listed')
  const star = { ...listed, rooms: { '*': { requireMention: false }, '-8': { requireMention: true } } }
  assert.equal(admitMessage({ ...group, isAddressed: false }, star, false), 'answer')
  assert.equal(admitMessage({ ...group, roomId: '-8', isAddressed: false }, star, false), 'not_addressed')
})

test('a room with the name of something that every object has is not on the list', () => {
  const listed = { ...access, groupPolicy: 'allowlist' } as const
  assert.equal(admitMessage({ ...group, roomId: 'constructor' }, listed, false), 'room_not_listed')
})

test('rooms can be switched off as a whole', () => {
  const off = { ...access, groupPolicy: 'disabled', rooms: { '-7': { requireMention: false } } } as const
  assert.equal(admitMessage(group, off, false), 'groups_disabled')
})

test('bots are never answered, and neither is nothing', () => {
  const open = { ...access, dmPolicy: 'open', allowFrom: ['*'] } as const
  assert.equal(admitMessage({ ...direct, from: { ...direct.from, isBot: true } }, open, true), 'bot')
  assert.equal(admitMessage({ ...direct, text: ' \n' }, open, true), 'empty')
  assert.equal(admitMessage({ ...direct, text: '\u200b \u2060\ufeff' }, open, true), 'empty')
  for (const text of ['👨‍👩‍👧', '👍🏽', 'שלום', '\u200fسلام', '.']) {
    assert.equal(admitMessage({ ...direct, text }, open, true), 'answer', text)
  }
  const forwarded = { ...direct, text: '', quoted: [{ kind: 'forward', from: 'Bob', text: 'Look' }] } as const
  assert.equal(admitMessage(forwarded, open, true), 'answer')
})
