import type { Context } from '../context.ts'
import type { FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ModelProvider, ProviderEvent, ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import type { HistoryMessage } from '../store.ts'
import { estimateUsage, unfinishedUsage } from '../usage/estimate-usage.ts'
import { openBill, type SettledBill, type TurnBill } from '../usage/turn-bill.ts'
import { cutShort, replyCharactersMax, tooLong } from './broken-answer.ts'
import { newestThatFit } from './history.ts'
import { contentOf, messagesThatFit, summaryQuestion, summaryTokens } from './summary-question.ts'
import type { ConversationSummary } from './summary-store.ts'

/** A conversation whose summary may be due, after one of its turns. */
export interface SummaryJob {
  /** Of who pays. */
  readonly ctx: Context
  readonly conversationId: string
  /** Who has answered, and makes the summary: a model that the caller may use. */
  readonly answering: ResolvedModel
  /** How many tokens the history may have in the next turn, which is taken to be like this one. */
  readonly room: number
  readonly metadata: Readonly<Record<string, string>> | undefined
}

const deadlineMs = 60_000
const questionsMax = 4
const messagesRead = 200
// Where only a few messages are shown at all, none of them is covered ahead.
const fewMessages = 8

/**
 * Brings the summary of a conversation up to what its next turn will not be shown any more, in at most four questions; does nothing where
 * that is covered already, where the provider cools down, and where there is no budget for it at once. Covers more than it must, so that
 * not every turn needs it again. Rejects as the provider does; what was covered until then stays.
 */
export async function summarizeConversation(job: SummaryJob, closing: AbortSignal): Promise<void> {
  const { ctx, conversationId, answering } = job
  const { parts } = ctx
  const { models, clock, store } = parts
  if (models.health.standing(answering.provider, clock.monotonic()) !== 'well') return
  let summary = await store.summaries.find(conversationId)
  const beforeKey = await dueBefore(job, summary)
  for (let i = 0; beforeKey !== undefined && i < questionsMax; i++) {
    const afterKey = summary?.coversKey ?? 0
    const dropped = await store.summaries.messages(conversationId, {
      afterKey,
      beforeKey,
      limit: messagesRead,
    })
    if (dropped.length === 0) return
    const made = await extended(job, summary, dropped, closing)
    if (made === undefined) return
    summary = made
  }
}

// Undefined where the next turn is shown all that is not covered; else up to where messages are to be covered now.
async function dueBefore(
  { ctx: { parts }, conversationId, answering: { model }, room }: SummaryJob,
  summary: ConversationSummary | undefined,
): Promise<number | undefined> {
  const { historyMessages } = parts.settings().conversations
  const newestFirst = await parts.store.conversations.history(conversationId, historyMessages)
  const next = newestThatFit(newestFirst, room).shown
  const afterKey = summary?.coversKey ?? 0
  const unseen = { afterKey, beforeKey: firstShown(next), limit: 1 }
  if ((await parts.store.summaries.messages(conversationId, unseen)).length === 0) return undefined
  const messagesKept = historyMessages < fewMessages ? historyMessages : Math.floor(historyMessages * 0.75)
  // What was asked held the summary that there was.
  const tokensKept = Math.floor((room - (summary === undefined ? summaryTokens(model) : 0)) * 0.75)
  return firstShown(newestThatFit(newestFirst.slice(0, messagesKept), tokensKept).shown)
}

// History begins with a question.
function firstShown(newestFirst: readonly HistoryMessage[]): number {
  return newestFirst.findLast(({ role }) => role === 'user')?.key ?? Number.MAX_SAFE_INTEGER
}

// Undefined where it may not be asked for now, or came too late.
async function extended(
  job: SummaryJob,
  before: ConversationSummary | undefined,
  dropped: readonly HistoryMessage[],
  closing: AbortSignal,
): Promise<ConversationSummary | undefined> {
  const { ctx, conversationId, answering } = job
  const { parts } = ctx
  const { model, provider } = answering
  const messages = messagesThatFit(dropped, model)
  const coversKey = messages.at(-1)?.key
  if (coversKey === undefined) return undefined
  const { connectMs: connectTimeoutMs, totalMs } = parts.settings().models.timeouts
  const question = summaryQuestion(before, messages, model, { mark: newMark(ctx), connectTimeoutMs })
  using bill = await billAtOnce(ctx, question, answering)
  if (bill === undefined) return undefined
  const answer = new Answer(question)
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(Math.min(deadlineMs, totalMs))])
    for await (const event of provider.stream(question, signal)) answer.heard(event, provider)
    answer.check(provider)
  } catch (error) {
    const failed = settled(job, bill, 'failed', answer.unfinishedUsage)
    if (failed.records.some(({ inputTokens, outputTokens }) => inputTokens + outputTokens > 0))
      await bill.keepAlone(failed)
    throw error
  }
  const { records: billed, events } = settled(job, bill, 'complete', answer.usage)
  const summary = { coversKey, content: contentOf(answer.text, model), mark: newMark(ctx) }
  const at = parts.clock.now()
  const made = { conversationId, summary, model: model.id, at, billed, events }
  const isKept = await parts.store.summaries.save(made)
  parts.outbox.committed(events)
  return isKept ? summary : undefined
}

/** What has come of an answer. */
class Answer {
  text = ''
  told: Usage | undefined
  readonly #question: ProviderTurn
  #finishReason: FinishReason | undefined

  constructor(question: ProviderTurn) {
    this.#question = question
  }

  get usage(): Usage {
    return this.told ?? estimateUsage(this.#question, this.text)
  }

  get unfinishedUsage(): Usage {
    return unfinishedUsage('failed', this.told, estimateUsage(this.#question, this.text))
  }

  heard(event: ProviderEvent, provider: ModelProvider): void {
    if (event.type === 'text') this.text += event.text
    else if (event.type === 'usage') this.told = event.usage
    else if (event.type === 'finish') {
      this.told = event.usage ?? this.told
      this.#finishReason = event.finishReason
    }
    if (this.text.length > replyCharactersMax) throw tooLong(provider)
  }

  /** Throws where it is no summary. */
  check(provider: ModelProvider): void {
    if (this.#finishReason === undefined) throw cutShort(provider)
    const isRefusal = this.#finishReason === 'refusal' || this.#finishReason === 'tool_calls'
    if (isRefusal || this.text.trim() === '')
      throw new GatewayError('provider_error', `${provider.name} gave no summary.`)
  }
}

// A summary is in no turn's way: it takes no place among those that wait for a budget, and is made only where there is room for all that it
// may cost, which it holds until it is settled.
async function billAtOnce(
  ctx: Context,
  question: ProviderTurn,
  resolved: ResolvedModel,
): Promise<TurnBill | undefined> {
  try {
    return await openBill({ ...ctx, signal: AbortSignal.abort(notNow) }, question, resolved, 'aside')
  } catch (error) {
    if (error === notNow || (error instanceof GatewayError && error.code === 'budget_exceeded'))
      return undefined
    throw error
  }
}

const notNow = new Error('There is no room in the budget now.')

// A summary counts no request: it is a cost of the turns before it.
function settled(
  { ctx, answering, metadata }: SummaryJob,
  bill: TurnBill,
  status: 'complete' | 'failed',
  usage: Usage,
): SettledBill {
  const at = ctx.parts.clock.now()
  const answer = { resolved: answering, usage }
  const { records, ...rest } = bill.settle({ status, at, channel: 'summary', metadata, answer, spent: [] })
  return { ...rest, records: records.map((record) => ({ ...record, requests: 0 })) }
}

function newMark({ parts }: Context): string {
  return parts.ids.next('evt').slice('evt_'.length)
}
