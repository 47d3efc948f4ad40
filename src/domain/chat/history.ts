import type { Parts } from '../context.ts'
import type { ModelInfo, ProviderMessage } from '../models/provider.ts'
import type { HistoryMessage } from '../store.ts'
import { summaryNote } from './summary-note.ts'

const contextWindowUnknown = 32_000
const answerTokensReserved = 4_096
const toolTokensReserved = 8_000
const tokensPerImage = 1_600
const tokensPerMessage = 4

/** What a model's context window must hold beside the history. */
export interface HistoryNeighbours {
  readonly model: ModelInfo
  readonly systemPrompt: string | undefined
  readonly message: string
  /** How many images come with the message. */
  readonly images?: number
  /** Whether tools may answer in between. */
  readonly hasTools?: boolean
  readonly maxTokens: number | undefined
}

/** What a model is shown of earlier turns. */
export interface ShownHistory {
  /** Oldest first, beginning with a user's. */
  readonly messages: ProviderMessage[]
  /** For the end of the system prompt: what a model has kept of the turns that are not among `messages`. */
  readonly note: string | undefined
}

/**
 * Returns what a model is shown of a conversation: as many of the newest turns as fit its context window beside the system prompt, the new
 * message and the answer, and the summary of the others where `conversations.summarize` is on and there is one. Tokens are estimated from
 * the UTF-8 length.
 */
export async function historyFor(
  parts: Parts,
  { conversationId, ...beside }: HistoryNeighbours & { readonly conversationId: string },
): Promise<ShownHistory> {
  const { historyMessages, summarize } = parts.settings().conversations
  const room = historyRoom(beside)
  const newestFirst = await parts.store.conversations.history(conversationId, historyMessages)
  const all = newestThatFit(newestFirst, room)
  const isWhole = all.isWhole && newestFirst.length < historyMessages
  if (isWhole || !summarize) return { messages: messagesOf(all.shown, isWhole), note: undefined }
  const summary = await parts.store.summaries.find(conversationId)
  const note = summary && summaryNote(summary)
  const left = note === undefined ? room : room - estimateTokens(note)
  if (note === undefined || left < 0) return { messages: messagesOf(all.shown, false), note: undefined }
  return { messages: messagesOf(newestThatFit(newestFirst, left).shown, false), note }
}

/** Returns how many tokens are left for the history; below 0 where the rest is too large by itself. */
export function historyRoom({
  model,
  systemPrompt,
  message,
  images = 0,
  hasTools = false,
  maxTokens,
}: HistoryNeighbours): number {
  const window = windowOf(model)
  const results = hasTools ? Math.min(toolTokensReserved, Math.floor(window / 8)) : 0
  const beside = estimateTokens(message) + estimateTokens(systemPrompt ?? '') + images * tokensPerImage
  return window - (maxTokens ?? answerRoom(model)) - results - beside
}

/** A model's context window in tokens: 32,000 where nobody tells. */
export function windowOf({ contextWindow }: ModelInfo): number {
  return contextWindow ?? contextWindowUnknown
}

/** How many tokens of a model's context window are kept for an answer whose length nobody has limited. */
export function answerRoom(model: ModelInfo): number {
  const half = Math.floor(windowOf(model) / 2)
  return Math.min(model.maxOutputTokens ?? answerTokensReserved, answerTokensReserved, half)
}

/** Returns the newest messages that fit into `room` tokens, newest first, in whole turns; `isWhole` tells that none had to go. */
export function newestThatFit(
  newestFirst: readonly HistoryMessage[],
  room: number,
): { readonly shown: readonly HistoryMessage[]; readonly isWhole: boolean } {
  const shown = withoutBlankReplies(newestFirst)
  let left = room
  const end = shown.findIndex((message) => {
    left -= estimateTokens(message.content)
    return left < 0
  })
  return end === -1 ? { shown, isWhole: true } : { shown: shown.slice(0, end), isWhole: false }
}

function messagesOf(newestFirst: readonly HistoryMessage[], isWhole: boolean): ProviderMessage[] {
  const kept = newestFirst.map(({ role, content }): ProviderMessage => ({ role, content })).reverse()
  if (isWhole && kept[0]?.role === 'assistant') kept.unshift({ role: 'user', content: writtenFirst })
  // A reply whose question was dropped would stand first, which providers refuse.
  while (kept[0]?.role === 'assistant') kept.shift()
  return joined(kept)
}

// Where an application wrote first, a person who answers must be understood.
const writtenFirst = '(Nothing yet: the assistant wrote first.)'

// What an application sent stands beside replies, and some models refuse two messages of one role in a row.
function joined(messages: readonly ProviderMessage[]): ProviderMessage[] {
  const all: ProviderMessage[] = []
  for (const message of messages) {
    const last = all.at(-1)
    if (last?.role === 'assistant' && message.role === 'assistant') {
      all[all.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` }
    } else all.push(message)
  }
  return all
}

// Providers refuse a blank message, so that one blank reply would spoil its conversation for ever: it goes, with its question.
function withoutBlankReplies(newestFirst: readonly HistoryMessage[]): readonly HistoryMessage[] {
  return newestFirst.filter((message, i) => {
    const reply = message.role === 'user' ? newestFirst[i - 1] : message
    return reply?.role !== 'assistant' || reply.content.trim() !== ''
  })
}

/** Estimates the tokens of a text from above: three bytes of UTF-8 a token, and four for the message around it. */
export function estimateTokens(text: string): number {
  return text === '' ? 0 : Math.ceil(Buffer.byteLength(text) / 3) + tokensPerMessage
}
