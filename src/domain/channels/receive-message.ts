import type { Clock } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import type { ChannelAccess } from './access.ts'
import { type Admission, admitMessage } from './admit-message.ts'
import type { ChannelName, ChannelState, InboundMessage } from './channel.ts'
import type { ChannelStore, OutboundMessage, ReceivedMessage } from './channel-store.ts'
import type { LoopGuard } from './loop-guard.ts'
import { outgoingMessage } from './outgoing-message.ts'
import { codeMs, pairingCode } from './pairing-code.ts'

const textCharactersMax = 100_000
const rawCharactersMax = 256 * 1024
const pendingMax = 5
const reminderMs = 10 * 60 * 1000
const noticeMs = 24 * 60 * 60 * 1000

/** What receiving works with. */
export interface ReceiveParts {
  readonly store: ChannelStore
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly guard: LoopGuard
  readonly fillRandom: (bytes: Uint8Array) => void
  /** As the config has it now, or had it last where the channel was just switched off; undefined where it was never there. */
  readonly access: () => ChannelAccess | undefined
  /** Runs the work of one stranger after that of another, so that two messages of one do not make two codes. */
  readonly oneByOne: <T>(work: () => Promise<T>) => Promise<T>
}

/** What an adapter hands over. */
export interface Arrived {
  readonly channel: ChannelName
  readonly message: InboundMessage
  readonly raw: string
  readonly state?: ChannelState | undefined
}

/** What there is to do now: a message to answer, a word to a stranger, or nothing. */
export type Received = 'answer' | 'notice' | 'nothing'

/**
 * Decides what becomes of a message and stores it with the adapter's state in one commit; resolves when that is durable. Of what is said
 * among people, or by bots, nothing is kept but the state.
 */
export async function receiveMessage(parts: ReceiveParts, arrived: Arrived): Promise<Received> {
  const { store, clock, ids, log } = parts
  const { channel, state } = arrived
  const message = bounded(arrived.message)
  const admission = await admissionOf(parts, channel, message)
  const received = {
    channel,
    message,
    raw: arrived.raw.slice(0, rawCharactersMax).toWellFormed(),
    messageId: ids.next('msg'),
    at: clock.now(),
  }
  if (admission === 'answer') return (await store.inbox.receive(received, state)) ? 'answer' : 'nothing'
  if (admission === 'pair') return await parts.oneByOne(() => pair(parts, received, state))
  log(admission === 'loop_guard' ? 'warn' : 'debug', 'channel message ignored', {
    channel,
    reason: admission,
  })
  if (admission === 'bot' || admission === 'not_addressed' || admission === 'room_not_listed') {
    // A platform may tell of one message twice, first as talk among people and then as a mention.
    if (state) await store.chats.remember(channel, state)
    return 'nothing'
  }
  await store.inbox.receive({ ...received, ignored: admission }, state)
  return 'nothing'
}

async function pair(
  parts: ReceiveParts,
  received: ReceivedMessage,
  state: ChannelState | undefined,
): Promise<Received> {
  const { store, log } = parts
  const pairing = await offerCode(parts, received)
  if (typeof pairing === 'object') {
    await store.inbox.receive({ ...received, ignored: 'pairing', pairing }, state)
    return 'notice'
  }
  const { channel } = received
  log(pairing === 'too_many_pairings' ? 'warn' : 'debug', 'channel message ignored', {
    channel,
    reason: pairing,
  })
  await store.inbox.receive({ ...received, ignored: pairing }, state)
  return 'nothing'
}

async function admissionOf(
  { store, guard, clock, access }: ReceiveParts,
  channel: ChannelName,
  message: InboundMessage,
): Promise<Admission> {
  const rules = access()
  if (!rules) return 'room_not_listed'
  const isAsked = message.kind === 'direct' && rules.dmPolicy === 'pairing'
  const pairing = isAsked ? await store.pairings.find(channel, message.from.id) : undefined
  const admission = admitMessage(message, rules, typeof pairing?.approvedAt === 'number')
  if (admission !== 'answer') return admission
  return guard.isLoop(channel, message, clock.now()) ? 'loop_guard' : 'answer'
}

async function offerCode(
  { store, clock, ids, fillRandom }: ReceiveParts,
  { channel, message: { from, chatId, route } }: ReceivedMessage,
): Promise<NonNullable<ReceivedMessage['pairing']> | 'pairing_pending' | 'too_many_pairings'> {
  const now = clock.now()
  const known = await store.pairings.find(channel, from.id)
  const isLive = typeof known?.code === 'string' && (known.expiresAt ?? 0) > now
  if (isLive && now - (known.remindedAt ?? 0) < reminderMs) return 'pairing_pending'
  if (!isLive && (await store.pairings.pending(channel, now)) >= pendingMax) return 'too_many_pairings'
  const code = isLive && known.code !== null ? known.code : pairingCode(fillRandom)
  const request = {
    channel,
    userId: from.id,
    name: from.name,
    code,
    createdAt: isLive ? known.createdAt : now,
    expiresAt: isLive ? (known.expiresAt ?? now) : now + codeMs,
    remindedAt: now,
  }
  const notice: OutboundMessage = outgoingMessage(
    {
      id: ids.next('msg'),
      channel,
      chatId,
      route,
      conversationId: null,
      at: now,
      giveUpAt: now + noticeMs,
      details: { kind: 'notice' },
    },
    [{ text: pairingText(channel, from.id, code) }],
  )
  return { request, notice }
}

function pairingText(channel: ChannelName, userId: string, code: string): string {
  return [
    'I only answer people I know.',
    `Your id here is ${userId}, your pairing code is ${code} (good for one hour).`,
    `Whoever runs this bot lets you in with: openclaw pairing approve ${channel} ${code}`,
  ].join('\n')
}

// What is stored must be what is read back, and no lone surrogate is.
function bounded(message: InboundMessage): InboundMessage {
  return {
    ...message,
    from: { ...message.from, name: message.from.name.slice(0, 256).toWellFormed() },
    text: message.text.slice(0, textCharactersMax).toWellFormed(),
    quoted: message.quoted.map((quote) => ({
      ...quote,
      from: quote.from.slice(0, 256).toWellFormed(),
      text: quote.text.slice(0, textCharactersMax).toWellFormed(),
    })),
  }
}
