import { GatewayError } from '../errors.ts'
import type { ModelInfo, ProviderEvent, ProviderTurn } from '../models/provider.ts'
import type { SchemaCheck } from '../schemas/schema-compiler.ts'
import { type FoundJson, jsonInText } from './json-in-text.ts'
import { addUsage, sumUsage } from './sum-usage.ts'

/** What an answer yields: what a provider does, and `answer` before `finish` where the answer is JSON that validates. */
export type AnswerEvent =
  | ProviderEvent
  | { readonly type: 'answer'; readonly content: string; readonly data: unknown }

/** The further asking of the model that answers a turn, with its retries. */
export interface Asking {
  /** What was asked last. */
  readonly turn: ProviderTurn
  /** Who answers. */
  readonly model: ModelInfo
  /** Asks the model that has answered something else. Resolves at the first token. */
  ask(turn: ProviderTurn): Promise<AsyncIterable<ProviderEvent>>
}

type Finish = Extract<ProviderEvent, { type: 'finish' }>

const answerCharactersMax = 1024 * 1024
const stillThere = { type: 'text', text: '' } as const

/**
 * Yields an answer that is JSON by the turn's schema, with `answer` before its `finish`. In a stream the text comes as the model says it; a
 * plain answer is held back and is the JSON alone. An answer that does not validate is asked for once more, unseen, with the validator's
 * words, and both usages count. A refusal, and an answer cut off by its length, is passed on as it is, with the warning
 * `output_not_validated`. Throws `invalid_output` where the second answer does not validate either.
 */
export async function* structured(
  asking: Asking,
  first: AsyncIterable<AnswerEvent>,
  check: SchemaCheck,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const { turn } = asking
  let text = ''
  let finish: Finish | undefined
  for await (const event of first) {
    if (event.type === 'finish') finish = event
    else if (event.type === 'text') {
      text += event.text
      yield turn.stream ? event : stillThere
    } else {
      // What was said before a call of a tool is not the answer.
      if (event.type === 'tool_call') text = ''
      yield event
    }
  }
  if (finish === undefined) return
  const verdict = await judge(text, check)
  if ('found' in verdict && finish.finishReason !== 'refusal') {
    yield* answering(verdict.found, turn, finish)
    return
  }
  if ('found' in verdict || finish.finishReason !== 'stop') {
    if (!turn.stream) yield { type: 'text', text }
    yield { type: 'warning', warning: 'output_not_validated' }
    yield finish
    return
  }
  if (finish.usage !== undefined) yield { type: 'usage', usage: finish.usage }
  yield { type: 'warning', warning: 'output_repaired' }
  yield* repaired(await asking.ask(repairOf(turn, text, verdict.problems)), turn, check, finish)
}

async function* repaired(
  second: AsyncIterable<ProviderEvent>,
  turn: ProviderTurn,
  check: SchemaCheck,
  before: Finish,
): AsyncGenerator<AnswerEvent, void, undefined> {
  let text = ''
  for await (const event of second) {
    if (event.type === 'text') {
      text += event.text
      yield stillThere
    } else if (event.type === 'usage') {
      yield { type: 'usage', usage: addUsage(before.usage, event.usage) }
    } else if (event.type === 'finish') {
      const usage = sumUsage(before.usage, event.usage)
      const finish = { ...event, ...(usage === undefined ? {} : { usage }) }
      if (usage !== undefined) yield { type: 'usage', usage }
      const verdict = await judge(text, check)
      if ('problems' in verdict) throw invalidOutput(verdict.problems, event)
      yield* answering(verdict.found, turn, { ...finish, finishReason: 'stop' })
    }
  }
}

function* answering(
  found: FoundJson,
  turn: ProviderTurn,
  finish: Finish,
): Generator<AnswerEvent, void, undefined> {
  if (!turn.stream) yield { type: 'text', text: found.text }
  yield { type: 'answer', content: found.text, data: found.value }
  yield finish
}

type Verdict = { readonly found: FoundJson } | { readonly problems: readonly string[] }

async function judge(text: string, check: SchemaCheck): Promise<Verdict> {
  if (text.length > answerCharactersMax)
    return { problems: [`the answer is longer than ${answerCharactersMax} characters`] }
  let problems: readonly string[] | undefined
  for (const found of jsonInText(text)) {
    const wrong = await check(found.text)
    if (wrong.length === 0) return { found }
    problems ??= wrong
  }
  return { problems: problems ?? ['the answer is no JSON'] }
}

function repairOf(turn: ProviderTurn, text: string, problems: readonly string[]): ProviderTurn {
  // A repair needs no tools: what they told is in the answer that is to be mended.
  const { tools: _, toolChoice: __, parallelToolCalls: ___, ...rest } = turn
  const schema = JSON.stringify(turn.responseFormat?.schema ?? {})
  const request = `Your answer was not accepted by the program that reads it: ${problems.join('; ')}.

Give the whole answer again, mended: one JSON value that validates against the JSON Schema below, and nothing else, no code fence.

${schema}`
  const blank = text.trim() === ''
  return {
    ...rest,
    messages: [
      ...turn.messages,
      ...(blank ? [] : [{ role: 'assistant' as const, content: text }]),
      { role: 'user', content: request },
    ],
  }
}

function invalidOutput(problems: readonly string[], { finishReason }: Finish): GatewayError {
  const why =
    finishReason === 'stop'
      ? ''
      : ` The second answer ended with the finish reason ${JSON.stringify(finishReason)}.`
  return new GatewayError(
    'invalid_output',
    `The model's answer does not validate against responseFormat.schema, and did not after it was asked to mend it: ${problems.join('; ')}.${why}`,
    { details: { problems } },
  )
}
