import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { saidIn } from '../support/sse-frames.ts'
import { answering, lastOf, questionsTo } from './support.ts'

const schema = {
  type: 'object',
  properties: { mood: { enum: ['good', 'bad'] }, score: { type: 'integer', minimum: 1, maximum: 5 } },
  required: ['mood', 'score'],
  additionalProperties: false,
}
const responseFormat = { type: 'json_schema', schema }
const good = { mood: 'good', score: 5 }
const json = JSON.stringify(good)

for (const dialect of ['openai', 'anthropic'] as const) {
  describe(`a reply by a schema, ${dialect}`, async () => {
    const stack = new AsyncDisposableStack()
    after(() => stack.disposeAsync())
    const { chat, stream, provider, gateway } = await answering(stack, dialect)
    const asks = (): readonly unknown[] => questionsTo(provider).slice(before)
    let before = 0
    const next = (...pieces: readonly string[]): void =>
      provider.next({ pieces, inputTokens: 10, outputTokens: 5 })
    const fresh = (): void => {
      before = questionsTo(provider).length
    }

    it('a plain reply is the JSON that validates, and data is it parsed', async () => {
      fresh()
      next(json)
      const { status, body } = await chat({ responseFormat })
      assert.equal(status, 200)
      assert.equal(at(body, 'content'), json)
      assert.deepEqual(at(body, 'data'), good)
      assert.equal(at(body, 'finishReason'), 'stop')
      assert.equal(asks().length, 1)
    })

    it("the schema goes by the provider's own means", async () => {
      fresh()
      next(json)
      await chat({ responseFormat: { ...responseFormat, name: 'mood' } })
      const [asked] = asks()
      if (dialect === 'openai') {
        assert.deepEqual(at(asked, 'response_format'), {
          type: 'json_schema',
          json_schema: { name: 'mood', schema, strict: true },
        })
      } else {
        assert.equal(at(asked, 'output_config', 'format', 'type'), 'json_schema')
        const sent = at(asked, 'output_config', 'format', 'schema')
        assert.equal(at(sent, 'additionalProperties'), false)
        // The API takes no bounds: they are told in words, and checked in the answer.
        assert.deepEqual(at(sent, 'properties', 'score'), {
          type: 'integer',
          description: '{minimum: 1, maximum: 5}',
        })
      }
    })

    it('a stream says it as it comes, and its done carries data', async () => {
      next('{"mood":', '"good",', '"score":5}')
      const frames = await stream({ responseFormat })
      assert.equal(saidIn(frames), json)
      assert.equal(frames.length, 5)
      assert.deepEqual(at(lastOf(frames), 'data'), good)
    })

    for (const [what, text] of Object.entries({
      'a code fence': `\`\`\`json\n${json}\n\`\`\``,
      'a fence without a language': `\`\`\`\n${json}\n\`\`\``,
      'words around it': `Here you are: ${json} I hope that {this} helps.`,
      'words and a fence': `Sure! [1]\n\n\`\`\`json\n${json}\n\`\`\`\nAnything else?`,
    })) {
      it(`${what} is taken off`, async () => {
        fresh()
        next(text)
        const { body } = await chat({ responseFormat })
        assert.equal(at(body, 'content'), json)
        assert.deepEqual(at(body, 'data'), good)
        next(text)
        const frames = await stream({ responseFormat })
        assert.equal(saidIn(frames), text)
        assert.deepEqual(at(lastOf(frames), 'data'), good)
        assert.equal(asks().length, 2, 'nothing was to be mended')
      })
    }

    it("an answer that does not validate is asked for once more, with the validator's words, and both usages count", async () => {
      fresh()
      next('{"mood":"great","score":9}')
      next(json)
      const { status, body } = await chat({ responseFormat })
      assert.equal(status, 200)
      assert.equal(at(body, 'content'), json)
      assert.deepEqual(at(body, 'data'), good)
      assert.deepEqual(at(body, 'warnings'), ['output_repaired'])
      assert.deepEqual(at(body, 'usage'), { inputTokens: 20, outputTokens: 10 })
      const [, second] = asks()
      const messages = listAt(second, 'messages')
      assert.equal(textAt(messages.at(-2), 'content'), '{"mood":"great","score":9}')
      assert.match(
        textAt(messages.at(-1), 'content'),
        /data\/mood must be equal to one of the allowed values: \["good","bad"\]/,
      )
      assert.match(textAt(messages.at(-1), 'content'), /data\/score must be <= 5/)
    })

    it('a stream that is mended shows the first try, and done says what counts', async () => {
      next('no JSON at all')
      next('```json\n', json, '\n```')
      const frames = await stream({ responseFormat })
      assert.equal(saidIn(frames), 'no JSON at all')
      assert.deepEqual(at(lastOf(frames), 'data'), good)
      assert.deepEqual(at(lastOf(frames), 'usage'), { inputTokens: 20, outputTokens: 10 })
      const id = textAt(frames[0]?.data, 'conversationId')
      const kept = await (await gateway.call('GET', `/api/v1/conversations/${id}`)).json()
      assert.equal(at(kept, 'messages', 1, 'content'), json, 'the conversation keeps what counts')
    })

    it("a second answer that does not validate is 502 invalid_output with the validator's words", async () => {
      fresh()
      next('{"mood":"great","score":1}')
      next('{"mood":"fine","score":1}')
      const { status, body } = await chat({ responseFormat })
      assert.equal(status, 502)
      assert.equal(at(body, 'error'), 'invalid_output')
      assert.match(textAt(body, 'message'), /data\/mood must be equal to one of the allowed values/)
      assert.equal(asks().length, 2)
      next('nothing')
      next('nothing again')
      const last = lastOf(await stream({ responseFormat }))
      assert.equal(at(last, 'type'), 'error')
      assert.equal(at(last, 'error'), 'invalid_output')
      assert.match(textAt(last, 'message'), /is no JSON/)
    })

    it('an answer cut off by its length is reported as that, and not asked for again', async () => {
      fresh()
      const stopReason = dialect === 'openai' ? 'length' : 'max_tokens'
      provider.next({ pieces: ['{"mood":"go'], stopReason })
      const { status, body } = await chat({ responseFormat })
      assert.equal(status, 200)
      assert.equal(at(body, 'finishReason'), 'length')
      assert.equal(at(body, 'content'), '{"mood":"go')
      assert.equal(at(body, 'data'), undefined)
      assert.deepEqual(at(body, 'warnings'), ['output_not_validated'])
      assert.equal(asks().length, 1)
    })

    it('a refusal is reported as a refusal', async () => {
      fresh()
      const stopReason = dialect === 'openai' ? 'content_filter' : 'refusal'
      provider.next({ pieces: ['I cannot do that.'], stopReason })
      const { status, body } = await chat({ responseFormat })
      assert.equal(status, 200)
      assert.equal(at(body, 'finishReason'), 'refusal')
      assert.equal(at(body, 'content'), 'I cannot do that.')
      assert.equal(at(body, 'data'), undefined)
      assert.equal(asks().length, 1)
    })

    it('a list, a number and null can be what is asked for', async () => {
      for (const value of [[1, 2], 7, null]) {
        next(JSON.stringify(value))
        const { body } = await chat({
          responseFormat: { type: 'json_schema', schema: { type: ['array', 'number', 'null'] } },
        })
        assert.deepEqual(at(body, 'data'), value)
        assert.equal(at(body, 'content'), JSON.stringify(value))
      }
      const [asked] = questionsTo(provider).slice(-1)
      assert.match(JSON.stringify(asked), /validates against the JSON Schema below/)
    })

    it('a schema that the strict means cannot say is asked for in another way', async () => {
      const loose = { type: 'object', additionalProperties: { type: 'string' }, minProperties: 1 }
      fresh()
      provider.behave = () => ({ pieces: ['{"a":"b"}'] })
      const { status, body } = await chat({ responseFormat: { type: 'json_schema', schema: loose } })
      provider.behave = undefined
      assert.equal(status, 200)
      assert.deepEqual(at(body, 'data'), { a: 'b' })
      const [asked] = asks()
      if (dialect === 'openai') assert.equal(at(asked, 'response_format', 'json_schema', 'strict'), false)
      else assert.equal(at(asked, 'tool_choice', 'type'), 'tool')
    })

    it('a schema that is none is 400 and names the field, before anybody is asked', async () => {
      fresh()
      for (const [wrong, words] of [
        [{ type: 'strin' }, /not valid/],
        [{ $ref: '#' }, /refers to itself without end/],
        [{ type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }, /without end/],
        [{ $ref: 'http://127.0.0.1:1/x' }, /can't resolve/],
        [{ description: 'x'.repeat(66_000) }, /larger than 65536 bytes/],
      ] as const) {
        const { status, body } = await chat({ responseFormat: { type: 'json_schema', schema: wrong } })
        assert.equal(status, 400)
        assert.equal(at(body, 'error'), 'invalid_request')
        assert.equal(at(body, 'details', 'field'), 'responseFormat.schema')
        assert.match(textAt(body, 'message'), /^responseFormat\.schema /)
        assert.match(textAt(body, 'message'), words)
      }
      for (const wrong of [
        { type: 'json_object' },
        { type: 'json_schema' },
        { ...responseFormat, strict: true },
      ]) {
        const { status, body } = await chat({ responseFormat: wrong })
        assert.equal(status, 400)
        assert.match(textAt(body, 'message'), /responseFormat/)
      }
      assert.equal(asks().length, 0)
    })

    it('a pattern that would hang the process does not', async () => {
      const evil = {
        type: 'object',
        properties: { a: { type: 'string', pattern: '^(a+)+$' } },
        required: ['a'],
      }
      provider.behave = () => ({ pieces: [JSON.stringify({ a: `${'a'.repeat(60)}!` })] })
      const began = performance.now()
      const { status, body } = await chat({ responseFormat: { type: 'json_schema', schema: evil } })
      provider.behave = undefined
      assert.equal(status, 502)
      assert.match(textAt(body, 'message'), /longer than 100 ms/)
      assert.ok(performance.now() - began < 20_000)
    })

    it('a reply without a form has no data', async () => {
      next('Hello')
      const { body } = await chat()
      assert.ok(!Object.hasOwn(Object(body), 'data'))
      assert.ok(numberAt(body, 'latency') >= 0)
    })
  })
}
