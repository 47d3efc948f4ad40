import type { Usage } from '../conversations/conversation.ts'
import type { ProviderEvent, ToolCall, ToolMessage } from '../models/provider.ts'
import { fitToolResults } from './fit-tool-results.ts'
import type { AnswerEvent, Asking } from './structured-output.ts'
import { addUsage } from './sum-usage.ts'

/** Runs one call of a tool. Never rejects for what the model did wrong: that is an answer with `isError`. */
export type RunTool = (call: ToolCall) => Promise<Omit<ToolMessage, 'role' | 'toolCallId'>>

type Finish = Extract<ProviderEvent, { type: 'finish' }>

/** How often a model is asked in one turn at most; the last time it may call no tool. */
export const toolRoundsMax = 5
const callsARoundMax = 16

/**
 * Asks a model, runs the tools that it calls and tells it what came of them, until it answers: at most five times in all. All of its
 * text is part of the answer, with an empty line between the rounds, and the usage is that of all rounds. A model that calls a tool even
 * when it may not any more ends the turn with the finish reason `tool_calls` and the warning `tool_rounds_exhausted`.
 */
export async function* withTools(
  asking: Asking,
  first: AsyncIterable<ProviderEvent>,
  run: RunTool,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const { turn } = asking
  let { messages } = turn
  let answer = first
  let spent: Usage | undefined
  let isGuessed = false
  let separator = ''
  const warned = new Set<string>()
  for (let round = 1; ; round++) {
    const isLast = round === toolRoundsMax
    const calls: ToolCall[] = []
    let text = ''
    let finish: Finish | undefined
    for await (const event of answer) {
      switch (event.type) {
        case 'text':
          if (event.text === '') break
          if (text === '' && separator !== '') yield { type: 'text', text: separator }
          text += event.text
          yield event
          break
        case 'usage':
          yield { type: 'usage', usage: addUsage(spent, event.usage) }
          break
        case 'warning':
          if (!warned.has(event.warning)) yield event
          warned.add(event.warning)
          break
        case 'finish':
          finish = event
          break
        case 'tool_call':
          calls.push(event.call)
          yield event
          break
        default:
          yield event
      }
    }
    if (finish === undefined) return
    if (finish.usage === undefined) isGuessed = true
    else spent = addUsage(spent, finish.usage)
    const isOver = finish.finishReason !== 'tool_calls' || calls.length === 0
    if (isOver || isLast) {
      if (!isOver) yield { type: 'warning', warning: 'tool_rounds_exhausted' }
      // Where a round told nothing, the sum of the others is too small.
      const usage = spent && isGuessed ? { ...spent, estimated: true } : spent
      yield usage === undefined ? finish : { ...finish, usage }
      return
    }
    // What was used is known also where the next round fails.
    if (spent !== undefined) yield { type: 'usage', usage: spent }
    if (text !== '') separator = '\n\n'
    const { thought } = finish
    const results: ToolMessage[] = []
    for (const call of calls)
      results.push({ role: 'tool', toolCallId: call.id, ...(await answerTo(call, results.length, run)) })
    messages = [
      ...messages,
      { role: 'assistant', content: text, toolCalls: calls, ...(thought === undefined ? {} : { thought }) },
    ]
    messages = [...messages, ...fitToolResults(results, { ...turn, messages }, asking.model)]
    answer = await asking.ask({
      ...turn,
      messages,
      ...(round === toolRoundsMax - 1 ? { toolChoice: 'none' } : {}),
    })
  }
}

async function answerTo(call: ToolCall, before: number, run: RunTool): ReturnType<RunTool> {
  if (before < callsARoundMax) return await run(call)
  return { content: `Not run: at most ${callsARoundMax} calls at once are.`, isError: true }
}
