import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { at, textAt } from '../support/json.ts'
import { saidIn } from '../support/sse-frames.ts'
import { answering, lastOf, questionsTo } from './support.ts'

const schema = {
  type: 'object',
  properties: { mood: { enum: ['good', 'bad'] } },
  required: ['mood'],
  additionalProperties: false,
}
const responseFormat = { type: 'json_schema', schema }
const json = '{"mood":"good"}'
const answerCall = [{ id: 'toolu_1', name: 'give_structured_answer', arguments: json }]

describe('models without the newest means', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const openai = await answering(stack, 'openai')
  const anthropic = await answering(stack, 'anthropic')

  it('an OpenAI-compatible server that takes no schema is asked in words', async () => {
    openai.provider.next({ pieces: [json] })
    const { status, body } = await openai.chat({
      responseFormat,
      model: 'gpt-old',
      systemPrompt: 'Be brief.',
    })
    assert.equal(status, 200)
    assert.deepEqual(at(body, 'data'), { mood: 'good' })
    const [refused, taken] = questionsTo(openai.provider)
    assert.notEqual(at(refused, 'response_format'), undefined)
    assert.equal(at(taken, 'response_format'), undefined)
    assert.match(textAt(taken, 'messages', 0, 'content'), /^Be brief\.\n\nAnswer with one JSON value/)
  })

  it('what a server has refused it is not asked again with that form, and with another one it is', async () => {
    const before = questionsTo(openai.provider).length
    openai.provider.next({ pieces: [json] })
    const { body } = await openai.chat({ responseFormat, model: 'gpt-old' })
    assert.deepEqual(at(body, 'data'), { mood: 'good' })
    assert.equal(questionsTo(openai.provider).length, before + 1)
    const other = { type: 'json_schema', schema: { ...schema, title: 'Mood' } }
    openai.provider.next({ pieces: [json] })
    await openai.chat({ responseFormat: other, model: 'gpt-old' })
    assert.equal(questionsTo(openai.provider).length, before + 3)
  })

  it('a Claude before 4.5 answers by a tool that it must call, plain and streamed', async () => {
    const model = 'claude-3-haiku-20240307'
    anthropic.provider.next({ toolCalls: answerCall })
    const { body } = await anthropic.chat({ responseFormat, model })
    assert.equal(at(body, 'content'), json)
    assert.equal(at(body, 'finishReason'), 'stop')
    const [asked] = questionsTo(anthropic.provider).slice(-1)
    assert.deepEqual(at(asked, 'tool_choice'), { type: 'tool', name: 'give_structured_answer' })
    assert.deepEqual(at(asked, 'tools', 0, 'input_schema'), schema)
    anthropic.provider.next({ toolCalls: answerCall })
    const frames = await anthropic.stream({ responseFormat, model })
    assert.equal(saidIn(frames), json)
    assert.deepEqual(at(lastOf(frames), 'data'), { mood: 'good' })
    assert.equal(at(lastOf(frames), 'finishReason'), 'stop')
  })

  it('text where a tool call was asked for is read all the same', async () => {
    anthropic.provider.next({ pieces: [`Here: ${json}`] })
    const { body } = await anthropic.chat({ responseFormat, model: 'claude-3-haiku-20240307' })
    assert.deepEqual(at(body, 'data'), { mood: 'good' })
  })

  it('a model that was thought to take output_config and refuses it is asked by a tool', async () => {
    const before = questionsTo(anthropic.provider).length
    anthropic.provider.next({ toolCalls: answerCall })
    const { status, body } = await anthropic.chat({ responseFormat, model: 'claude-sonnet-5-lite' })
    assert.equal(status, 200)
    assert.deepEqual(at(body, 'data'), { mood: 'good' })
    const [refused, taken] = questionsTo(anthropic.provider).slice(before)
    assert.notEqual(at(refused, 'output_config'), undefined)
    assert.equal(at(taken, 'output_config'), undefined)
    assert.equal(at(taken, 'tool_choice', 'type'), 'tool')
    anthropic.provider.next({ toolCalls: answerCall })
    const again = await anthropic.chat({ responseFormat, model: 'claude-sonnet-5-lite' })
    assert.deepEqual(at(again.body, 'data'), { mood: 'good' })
    assert.equal(questionsTo(anthropic.provider).length, before + 3, 'the refusal is remembered')
  })

  it('a model that can be made to call no tool is asked in words', async () => {
    anthropic.provider.next({ pieces: [json], thinking: 'Hm.' })
    const { status, body } = await anthropic.chat({ responseFormat, model: 'thinker' })
    assert.equal(status, 200)
    assert.deepEqual(at(body, 'data'), { mood: 'good' })
    assert.match(textAt(questionsTo(anthropic.provider).at(-1), 'system'), /JSON Schema/)
  })
})
