import { titleOf } from '../chat/title.ts'
import { GatewayError } from '../errors.ts'
import { conversationOpened, turnCompleted } from '../webhooks/turn-events.ts'
import type { OutboundOutcome, OutboundRow, SentMessage, SettledPart } from './channel-store.ts'
import type { SendParts } from './send-worker.ts'

const triesMax = 5

/**
 * Notes a message's last part, and with it in one commit that the message stands in its chat: what webhooks are told, and for an
 * application's message its place in the chat's conversation, which is opened where there is none. Throws `conflict` where the message was
 * given up meanwhile.
 */
export async function finishMessage(
  parts: SendParts,
  row: OutboundRow,
  last: SettledPart,
): Promise<OutboundOutcome> {
  const { store, clock, outbox } = parts
  const before = await store.outbox.externalIds(row.key)
  const externalIds = 'externalId' in last ? [...before, last.externalId] : before
  for (let tries = 1; ; tries++) {
    const at = clock.now()
    const sent: SentMessage = { row, last, at, ...(await storyOf(parts, row, externalIds)) }
    try {
      await store.outbox.finish(sent)
    } catch (error) {
      // A turn may have opened the chat's conversation since it was looked for, or somebody deleted it.
      const isRace = sent.history && error instanceof GatewayError && error.code === 'conflict'
      if (isRace && tries < triesMax) continue
      throw error
    }
    outbox.committed(sent.events)
    return {
      id: row.id,
      channel: row.channel,
      chatId: row.chatId,
      status: 'sent',
      reason: null,
      conversationId: sent.history?.conversation.id ?? row.conversationId,
      externalIds,
      finishedAt: at,
    }
  }
}

async function storyOf(
  { store, ids, outbox }: SendParts,
  row: OutboundRow,
  externalIds: readonly string[],
): Promise<Pick<SentMessage, 'events' | 'history'>> {
  const { id: messageId, channel, chatId, conversationId, details } = row
  switch (details.kind) {
    case 'notice':
      return { events: [] }
    case 'reply': {
      const content = await store.outbox.replyText(messageId)
      // Of a conversation that was deleted meanwhile, or of a reply that no part arrived of, nobody is told.
      if (content === undefined || conversationId === null || externalIds.length === 0) return { events: [] }
      const { model, usage } = details
      const place = { conversationId, channel, chatId }
      return { events: turnCompleted(outbox, place, { messageId, content, model, usage, externalIds }) }
    }
    case 'send': {
      const { content, from, metadata } = details
      const known = await store.chats.conversation(row)
      const place = { conversationId: known ?? ids.next('conv'), channel, chatId }
      const told = { messageId, content, model: null, usage: null, externalIds }
      return {
        history: {
          conversation: { id: place.conversationId, title: titleOf(content), isNew: known === undefined },
          content,
          ...(metadata === undefined ? {} : { metadata }),
        },
        events: [
          ...(known === undefined ? conversationOpened(outbox, place, from) : []),
          ...turnCompleted(outbox, place, told),
        ],
      }
    }
  }
}
