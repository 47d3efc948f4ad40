import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auditAction } from '../../../src/domain/audit/record.ts'
import type { InboundMessage } from '../../../src/domain/channels/channel.ts'
import type { OutboundMessage, ReceivedMessage } from '../../../src/domain/channels/channel-store.ts'
import type { Store } from '../../../src/domain/store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, refuses } from './samples.ts'

const chat = { channel: 'telegram', chatId: '42' } as const
const message: InboundMessage = {
  updateId: 'u1',
  chatId: '42',
  route: { thread: '7' },
  from: { id: '42', name: 'Alice', isBot: false },
  kind: 'direct',
  roomId: null,
  isAddressed: true,
  text: 'Hello',
  quoted: [],
  at: 500,
}

function received(updateId: string, more: Partial<InboundMessage> = {}): ReceivedMessage {
  return {
    channel: 'telegram',
    message: { ...message, updateId, ...more },
    raw: '{}',
    messageId: `msg_${updateId}`,
    at: 1_000,
  }
}

function outbound(
  id: string,
  texts: readonly string[],
  more: Partial<OutboundMessage> = {},
): OutboundMessage {
  return {
    ...chat,
    id,
    kind: 'notice',
    route: {},
    conversationId: null,
    parts: texts.map((text, i) => ({ text, nonce: `${id}-${i}` })),
    at: 1_000,
    giveUpAt: 9_000,
    details: { kind: 'notice' },
    ...more,
  }
}

/** What every engine must do with channels. */
export function channelsContract(open: OpenStore): void {
  inboxContract(open)
  outboxContract(open)
  chatsContract(open)
}

function inboxContract(open: OpenStore): void {
  describe('a message that a channel receives', () => {
    it('is stored once, however many copies come at the same moment, each with its state', async (t) => {
      const store = await emptyStore(t, open)
      const stored = await Promise.all(
        Array.from({ length: 20 }, (_, i) => {
          const state = { name: 'after', value: String(i) }
          return store.channels.inbox.receive({ ...received('u1'), messageId: `msg_${i}` }, state)
        }),
      )
      assert.equal(stored.filter(Boolean).length, 1)
      assert.equal(await store.channels.chats.recall('telegram', 'after'), '19')
      const row = await store.channels.inbox.next(chat)
      assert.deepEqual(row?.message, message)
      assert.deepEqual([row?.tries, row?.dueAt, row?.isBegun], [0, 1_000, false])
    })

    it('of another channel may have the same id', async (t) => {
      const store = await emptyStore(t, open)
      assert.equal(await store.channels.inbox.receive(received('u1')), true)
      const other = { ...received('u1'), channel: 'slack', messageId: 'msg_other' } as const
      assert.equal(await store.channels.inbox.receive(other), true)
    })

    it('waits in the order of its chat, the longest waiting chat first', async (t) => {
      const store = await emptyStore(t, open)
      for (const [id, chatId] of [
        ['u1', 'b'],
        ['u2', 'a'],
        ['u3', 'b'],
      ] as const) {
        await store.channels.inbox.receive(received(id, { chatId }))
      }
      assert.deepEqual(await store.channels.inbox.waiting('telegram', 10), ['b', 'a'])
      assert.deepEqual(await store.channels.inbox.waiting('telegram', 1), ['b'])
      assert.deepEqual(await store.channels.inbox.waiting('slack', 10), [])
      const row = await store.channels.inbox.next({ channel: 'telegram', chatId: 'b' })
      assert.equal(row?.message.updateId, 'u1')
    })

    it('is over with the reply of its turn, in the same commit, and only once', async (t) => {
      const store = await emptyStore(t, open)
      await store.channels.inbox.receive(received('u1'))
      const inboxKey = (await store.channels.inbox.next(chat))?.key ?? 0
      const begun = beginTurn('c1', {
        messageId: 'msg_u1',
        inboxKey,
        conversation: { ...chat, owner: null },
      })
      await store.turns.begin(begun)
      assert.equal((await store.channels.inbox.next(chat))?.isBegun, true)
      assert.equal(await store.turns.recover(9_000), 0)
      const answer = { inboxKey, outbound: outbound('msg_r', ['Hi']) }
      await store.turns.finish(finishTurn(begun, { answer }))
      assert.equal(await store.channels.inbox.next(chat), undefined)
      assert.equal((await store.channels.outbox.next(chat))?.part.text, 'Hi')
      const again = { inboxKey, outbound: outbound('msg_r2', ['Hi']) }
      await refuses(store.turns.finish(finishTurn(begun, { answer: again })), 'conflict', /over already/)
      assert.equal(await store.channels.outbox.find('msg_r2'), undefined)
    })

    it('that is ended without an answer takes its question with it, and tells the person', async (t) => {
      const store = await emptyStore(t, open)
      await store.channels.inbox.receive(received('u1'))
      const key = (await store.channels.inbox.next(chat))?.key ?? 0
      await store.turns.begin(
        beginTurn('c1', { messageId: 'msg_u1', inboxKey: key, conversation: { ...chat, owner: null } }),
      )
      await store.channels.inbox.retry(key, 5_000)
      assert.deepEqual(
        [(await store.channels.inbox.next(chat))?.tries, (await store.channels.inbox.next(chat))?.dueAt],
        [1, 5_000],
      )
      const notice = outbound('msg_n', ['Sorry'])
      await store.channels.inbox.fail({
        key,
        messageId: 'msg_u1',
        reason: 'provider_error',
        at: 6_000,
        notice,
      })
      assert.equal(await store.channels.inbox.next(chat), undefined)
      const [question] = await store.conversations.messages('c1', { limit: 10 })
      assert.equal(question?.value.status, 'failed')
      assert.equal((await store.channels.outbox.next(chat))?.part.text, 'Sorry')
    })

    it('is known for a week after its end, and forgotten then', async (t) => {
      const store = await emptyStore(t, open)
      await store.channels.inbox.receive({ ...received('u1'), ignored: 'dm_disabled' })
      assert.equal(await store.channels.inbox.next(chat), undefined)
      assert.equal(await store.channels.inbox.prune(1_000), 0)
      assert.equal(await store.channels.inbox.receive(received('u1')), false)
      assert.equal(await store.channels.inbox.prune(1_001), 1)
      assert.equal(await store.channels.inbox.receive(received('u1')), true)
      assert.equal(await store.channels.inbox.prune(99_000), 0, 'what waits is never removed')
    })
  })
}

function outboxContract(open: OpenStore): void {
  describe('a message on its way to a chat', () => {
    it('gives its parts one after another, and after them the next message', async (t) => {
      const store = await emptyStore(t, open)
      await store.channels.outbox.add(outbound('m1', ['one', 'two'], { route: { thread: '7' } }))
      await store.channels.outbox.add(outbound('m2', ['three']))
      assert.deepEqual(await store.channels.outbox.waiting('telegram', 10), ['42'])
      const first = await store.channels.outbox.next(chat)
      assert.deepEqual(
        [first?.part.text, first?.part.nonce, first?.isLast, first?.route],
        ['one', 'm1-0', false, { thread: '7' }],
      )
      await store.channels.outbox.settle({ partKey: first?.part.key ?? 0, at: 1, externalId: 'x1' })
      const second = await store.channels.outbox.next(chat)
      assert.deepEqual([second?.part.text, second?.isLast], ['two', true])
      assert.ok(second)
      const last = { partKey: second.part.key, at: 2, externalId: 'x2' }
      await store.channels.outbox.finish({ row: second, last, at: 2, events: [] })
      assert.deepEqual((await store.channels.outbox.find('m1'))?.externalIds, ['x1', 'x2'])
      assert.equal((await store.channels.outbox.next(chat))?.part.text, 'three')
      await refuses(store.channels.outbox.add(outbound('m1', ['again'])), 'conflict', /under way/)
    })

    it('of an application opens the chat’s conversation and stands in it, or is not sent at all', async (t) => {
      const store = await emptyStore(t, open)
      const details = { kind: 'send', content: 'Hi', from: { id: 't', name: 't' } } as const
      const row = await added(store, outbound('m1', ['Hi'], { kind: 'send', details }))
      const last = { partKey: row.part.key, at: 2, externalId: 'x1' }
      const conversation = { id: 'c1', title: 'Hi', isNew: true }
      const history = { conversation, content: 'Hi' }
      await store.turns.begin(beginTurn('c9', { conversation: { ...chat, owner: null } }))
      await refuses(
        store.channels.outbox.finish({ row, last, at: 2, history, events: [] }),
        'conflict',
        /opened or deleted/,
      )
      assert.equal((await store.channels.outbox.find('m1'))?.status, 'waiting')
      const known = { conversation: { ...conversation, id: 'c9', isNew: false }, content: 'Hi' }
      await store.channels.outbox.finish({ row, last, at: 2, history: known, events: [] })
      const messages = await store.conversations.messages('c9', { limit: 10 })
      assert.deepEqual(
        messages.map(({ value }) => [value.id, value.role, value.content, value.status]).at(-1),
        ['m1', 'assistant', 'Hi', 'complete'],
      )
      assert.equal((await store.conversations.find('c9'))?.messageCount, 2)
      assert.equal((await store.channels.outbox.find('m1'))?.conversationId, 'c9')
    })

    it('that is given up is over, once, and what was in it is gone', async (t) => {
      const store = await emptyStore(t, open)
      const row = await added(store, outbound('m1', ['one', 'two']))
      assert.equal(await store.channels.outbox.fail('m1', 'late', 5), true)
      assert.equal(await store.channels.outbox.fail('m1', 'late', 6), false)
      const outcome = await store.channels.outbox.find('m1')
      assert.deepEqual([outcome?.status, outcome?.reason, outcome?.finishedAt], ['failed', 'late', 5])
      assert.equal(await store.channels.outbox.next(chat), undefined)
      const last = { partKey: row.part.key, at: 7, externalId: 'x1' }
      await refuses(
        store.channels.outbox.finish({ row, last, at: 7, events: [] }),
        'conflict',
        /opened or deleted/,
      )
      assert.equal(await store.channels.outbox.prune(5), 0)
      assert.equal(await store.channels.outbox.prune(6), 1)
    })
  })
}

function chatsContract(open: OpenStore): void {
  describe('a chat', () => {
    it('has one conversation, and takes it along when it moves', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('c1', { conversation: { ...chat, owner: null } }))
      const second = beginTurn('c2', { conversation: { ...chat, owner: null } })
      await refuses(store.turns.begin(second), 'conflict', /exists already/)
      await store.channels.inbox.receive(received('u1'))
      await store.channels.outbox.add(outbound('m1', ['one']))
      await store.channels.chats.move('telegram', '42', '-100')
      const moved = { ...chat, chatId: '-100' }
      assert.equal(await store.channels.chats.conversation(moved), 'c1')
      assert.equal(await store.channels.chats.conversation(chat), undefined)
      assert.equal((await store.channels.inbox.next(moved))?.message.chatId, '-100')
      assert.equal((await store.channels.outbox.next(moved))?.chatId, '-100')
      assert.deepEqual(await store.channels.chats.known('telegram'), ['-100'])
    })

    it('that does not want us is not among the known ones', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('c1', { conversation: { ...chat, owner: null } }))
      await store.channels.chats.close(chat, 'blocked', 1)
      assert.deepEqual(await store.channels.chats.known('telegram'), [])
    })
  })

  describe('somebody who was let in', () => {
    it('stays so, also where an older message asks for a code', async (t) => {
      const store = await emptyStore(t, open)
      const request = {
        channel: 'telegram',
        userId: '42',
        name: 'Alice',
        code: 'ABCD2345',
        createdAt: 1_000,
        expiresAt: 5_000,
        remindedAt: 1_000,
      } as const
      const asking = (id: string) => ({
        ...received(id),
        ignored: 'pairing',
        pairing: { request, notice: outbound(`n_${id}`, ['code']) },
      })
      await store.channels.inbox.receive(asking('u1'))
      assert.equal(await store.channels.pairings.pending('telegram', 4_999), 1)
      assert.equal(await store.channels.pairings.pending('telegram', 5_000), 0)
      const audit = auditAction('pairing.approved', {
        at: 2_000,
        actor: { type: 'cli', id: null, name: null },
        target: 'telegram:42',
      })
      const { approve, revoke, find } = store.channels.pairings
      assert.equal(await approve('telegram', 'ABCD2345', 5_000, audit), false)
      assert.equal(await approve('slack', 'ABCD2345', 2_000, audit), false)
      assert.equal(await approve('telegram', 'ABCD2345', 2_000, audit), true)
      assert.equal(await approve('telegram', 'ABCD2345', 2_000, audit), false)
      await store.channels.inbox.receive(asking('u2'))
      assert.deepEqual(
        [(await find('telegram', '42'))?.code, (await find('telegram', '42'))?.approvedAt],
        [null, 2_000],
      )
      assert.equal((await store.audit.state()).head.sequence, 1)
      assert.equal(await store.channels.pairings.prune(99_000), 0)
      assert.equal(await revoke('telegram', '42', audit), true)
      assert.equal(await revoke('telegram', '42', audit), false)
      assert.equal((await store.audit.state()).head.sequence, 2)
    })
  })
}

async function added(store: Store, outgoing: OutboundMessage) {
  await store.channels.outbox.add(outgoing)
  const row = await store.channels.outbox.next(outgoing)
  assert.ok(row)
  return row
}
