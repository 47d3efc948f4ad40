import { setTimeout as delay } from 'node:timers/promises'
import type { ModelProvider, ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { failureOfStatus } from '../failures.ts'
import type { ProviderSettings } from '../settings.ts'
import { type DemoAnswer, demoAnswer, demoReading } from './answer.ts'
import { demoModel } from './config.ts'
import { sampleOf } from './sample.ts'

/** Makes the provider of the demo model: deterministic, offline, and honest about what it is. */
export function createDemoProvider(settings: ProviderSettings): ModelProvider {
  const { name } = settings
  return {
    name,
    models: async (signal) => {
      signal.throwIfAborted()
      return [demoModel]
    },
    stream: (turn, signal) => answer(name, turn, signal),
    close: async () => undefined,
  }
}

async function* answer(
  name: string,
  turn: ProviderTurn,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent, void, undefined> {
  signal.throwIfAborted()
  const who = { name, secrets: [] }
  if (turn.model !== demoModel.id) {
    throw failureOfStatus(
      who,
      turn.model,
      404,
      {},
      { code: 'model_not_found', message: 'There is only the model demo' },
    )
  }
  const planned = plan(turn)
  if (planned.type === 'failure') {
    const message = `${planned.words}, because you asked the demo model for it`
    throw failureOfStatus(who, turn.model, planned.status, {}, { message })
  }
  if (turn.temperature !== undefined) yield { type: 'warning', warning: 'temperature_ignored' }
  if (planned.type === 'call') {
    const { name: tool, arguments: json } = planned
    const usage = { inputTokens: inputTokensOf(turn), outputTokens: 1 }
    if (turn.stream) yield { type: 'tool_call_delta', index: 0, id: 'call_demo', name: tool, arguments: json }
    yield { type: 'tool_call', call: { id: 'call_demo', name: tool, arguments: json } }
    yield { type: 'finish', finishReason: 'tool_calls', usage, model: demoModel.id }
    return
  }

  const pieces = wordsOf(planned.text)
  const told = pieces.slice(0, turn.maxTokens ?? demoModel.maxOutputTokens ?? pieces.length)
  const inputTokens = inputTokensOf(turn)
  if (turn.stream) yield { type: 'usage', usage: { inputTokens, outputTokens: 0 } }
  for (const piece of told) {
    if (planned.pauseMs > 0) await pause(planned.pauseMs, signal)
    signal.throwIfAborted()
    if (turn.stream) yield { type: 'text', text: piece }
  }
  signal.throwIfAborted()
  if (!turn.stream) yield { type: 'text', text: told.join('') }
  yield {
    type: 'finish',
    finishReason: told.length < pieces.length ? 'length' : 'stop',
    usage: { inputTokens, outputTokens: told.length },
    model: demoModel.id,
  }
}

function plan({ messages, tools, toolChoice, responseFormat }: ProviderTurn): DemoAnswer {
  const last = messages.at(-1)
  const text = last?.content ?? ''
  if (last?.role === 'tool') return demoReading(text)
  const planned = demoAnswer(text)
  if (planned.type === 'call') {
    const mayCall = toolChoice !== 'none' && tools?.some(({ name }) => name === planned.name)
    return mayCall ? planned : demoAnswer(`echo There is no skill on offer, so I cannot read one.`)
  }
  if (planned.type !== 'words' || planned.isStandard !== true) return planned
  if (responseFormat !== undefined) {
    const sample = JSON.stringify(sampleOf(responseFormat.schema))
    return { type: 'words', text: sample, pauseMs: 0 }
  }
  const images = last?.role === 'user' ? (last.parts ?? []).filter(({ type }) => type !== 'text').length : 0
  return images === 0
    ? planned
    : { ...planned, text: `I was given ${images} image${images === 1 ? '' : 's'}. ${planned.text}` }
}

/** The demo model's tokens: each word with the blank space after it. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? []
}

function inputTokensOf(turn: ProviderTurn): number {
  const texts = [turn.systemPrompt ?? '', ...turn.messages.map((message) => message.content)]
  return texts.reduce((sum, text) => sum + wordsOf(text).length, 0)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}
