import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { answering, lastOf, questionsTo } from '../structured/support.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { saidIn } from '../support/sse-frames.ts'
import { skillText, writeSkill } from './support.ts'

for (const dialect of ['openai', 'anthropic'] as const) {
  describe(`skills in a turn, ${dialect}`, async () => {
    const stack = new AsyncDisposableStack()
    after(() => stack.disposeAsync())
    const dir = await mkdtemp(join(tmpdir(), 'openclaw-skills-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    const refunds = await writeSkill(
      dir,
      'refunds',
      skillText('refunds', 'Refund within 30 days. See rules.md.'),
    )
    await writeFile(join(refunds, 'rules.md'), 'Rule one: be fair.')
    await symlink('/etc/passwd', join(refunds, 'passwords.md'))
    const { chat, stream, provider, gateway } = await answering(stack, dialect, { skills: { dirs: [dir] } })
    const reading = (id: string, args: unknown = { name: 'refunds' }) => ({
      toolCalls: [{ id, name: 'read_skill', arguments: JSON.stringify(args) }],
      inputTokens: 10,
      outputTokens: 2,
    })
    /** What the tool answered, in the question after its call. */
    const resultsIn = (asked: unknown): readonly unknown[] =>
      dialect === 'openai'
        ? listAt(asked, 'messages').filter((message) => at(message, 'role') === 'tool')
        : listAt(at(listAt(asked, 'messages').at(-1), 'content'))
    const systemOf = (asked: unknown): string =>
      dialect === 'openai' ? textAt(asked, 'messages', 0, 'content') : textAt(asked, 'system')
    const toolNames = (asked: unknown): readonly unknown[] =>
      listAt(asked, 'tools').map((tool) => at(tool, 'function', 'name') ?? at(tool, 'name'))

    it('the model is shown names and descriptions, and reads one by the tool', async () => {
      provider.next({ ...reading('call_1') })
      provider.next({ pieces: ['Yes, ', 'within 30 days.'], inputTokens: 30, outputTokens: 4 })
      const { status, body } = await chat({ systemPrompt: 'Be brief.' })
      assert.equal(status, 200)
      assert.equal(at(body, 'content'), 'Yes, within 30 days.')
      assert.equal(at(body, 'finishReason'), 'stop')
      assert.deepEqual(at(body, 'usage'), { inputTokens: 40, outputTokens: 6 }, 'the usage of all rounds')
      const [first, second] = questionsTo(provider).slice(-2)
      assert.match(systemOf(first), /^Be brief\.\n\nSkills are/)
      assert.match(systemOf(first), /- refunds: Does refunds\./)
      assert.doesNotMatch(systemOf(first), /30 days/)
      assert.deepEqual(toolNames(first), ['read_skill'])
      assert.deepEqual(toolNames(second), ['read_skill'])
      assert.match(textAt(resultsIn(second)[0], 'content'), /Refund within 30 days/)
      assert.doesNotMatch(textAt(resultsIn(second)[0], 'content'), /description:/)
    })

    it('text before a call is part of the stream, and of the reply that is kept', async () => {
      provider.next({ ...reading('call_1'), pieces: ['Let me ', 'look.'] })
      provider.next({ pieces: ['It is ', 'fine.'] })
      const frames = await stream()
      assert.equal(saidIn(frames), 'Let me look.\n\nIt is fine.')
      assert.equal(at(lastOf(frames), 'finishReason'), 'stop')
    })

    it('a file of the skill can be read, and nothing outside of it', async () => {
      const asked = [
        ['rules.md', /Rule one: be fair/],
        ['../../../etc/passwd', /leads out of its folder/],
        ['/etc/passwd', /leads out of its folder/],
        ['passwords.md', /leads out of its folder/],
        ['nothing.md', /is not there/],
        ['.', /leads out of its folder/],
      ] as const
      for (const [file, words] of asked) {
        provider.next(reading('call_1', { name: 'refunds', file }))
        provider.next({ pieces: ['ok'] })
        const { status } = await chat()
        assert.equal(status, 200)
        assert.match(textAt(resultsIn(questionsTo(provider).at(-1))[0], 'content'), words, file)
      }
    })

    it('a call of something else is told so, and the turn goes on', async () => {
      for (const [call, words] of [
        [{ id: 'a', name: 'delete_all', arguments: '{}' }, /There is no tool "delete_all"/],
        [
          { id: 'a', name: 'read_skill', arguments: '{"name":"../x"}' },
          /There is no skill "\.\.\/x". There are: refunds\./,
        ],
        [{ id: 'a', name: 'read_skill', arguments: '{"name":7}' }, /must be an object with the name/],
      ] as const) {
        provider.next({ toolCalls: [call] })
        provider.next({ pieces: ['ok'] })
        const { body } = await chat()
        assert.equal(at(body, 'content'), 'ok')
        assert.match(textAt(resultsIn(questionsTo(provider).at(-1))[0], 'content'), words)
      }
    })

    it('several calls at once are all answered', async () => {
      const call = { name: 'read_skill', arguments: '{"name":"refunds"}' }
      provider.next({
        toolCalls: [
          { ...call, id: 'a' },
          { ...call, id: 'b' },
        ],
      })
      provider.next({ pieces: ['ok'] })
      const { status } = await chat()
      assert.equal(status, 200)
      assert.equal(resultsIn(questionsTo(provider).at(-1)).length, 2)
    })

    it('a model that never comes to an answer is asked five times, the last time without the choice', async () => {
      const before = questionsTo(provider).length
      provider.behave = () => ({ ...reading('call_1'), pieces: ['Looking.'] })
      const { status, body } = await chat()
      provider.behave = undefined
      assert.equal(status, 200)
      const asked = questionsTo(provider).slice(before)
      assert.equal(asked.length, 5)
      const choices = asked.map(
        (question) => at(question, 'tool_choice', 'type') ?? at(question, 'tool_choice'),
      )
      assert.deepEqual(choices, [undefined, undefined, undefined, undefined, 'none'])
      assert.equal(at(body, 'finishReason'), 'tool_calls')
      assert.deepEqual(at(body, 'warnings'), ['tool_rounds_exhausted'])
      assert.equal(at(body, 'content'), Array(5).fill('Looking.').join('\n\n'))
      assert.deepEqual(at(body, 'usage'), { inputTokens: 50, outputTokens: 10 })
    })

    it('a caller that leaves in a later round ends what the provider is asked at once', async () => {
      const before = provider.requests.length
      provider.next(reading('call_1'))
      provider.next({ fault: 'stall-before-headers' })
      const controller = new AbortController()
      const left = fetch(`${gateway.url}/api/v1/chat/stream`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
        body: '{"message":"x"}',
        signal: controller.signal,
      })
      const second = await provider.request(before + 1)
      await second.stalled
      const at = performance.now()
      controller.abort()
      await assert.rejects(left)
      const closed = await second.closed
      assert.equal(closed.complete, false)
      // Long before the deadline of its first token, which would end it too.
      assert.ok(closed.at - at < 10_000, `${closed.at - at} ms`)
    })

    it('a provider that fails in a later round is an error, before anything was said', async () => {
      provider.next(reading('call_1'))
      provider.next({ reply: { status: 503, body: {} } })
      const { status, body } = await chat()
      assert.equal(status, 503)
      assert.equal(at(body, 'error'), 'provider_unavailable')
    })

    it('a skill that is named stands in the system prompt, and no tool is sent', async () => {
      const { status } = await chat({ skills: ['refunds', 'refunds'], systemPrompt: 'Be brief.' })
      assert.equal(status, 200)
      const asked = questionsTo(provider).at(-1)
      assert.match(systemOf(asked), /^Be brief\.\n\nFollow these instructions/)
      assert.match(systemOf(asked), /<skill name="refunds">\n# refunds\n\nRefund within 30 days/)
      assert.equal(at(asked, 'tools'), undefined)
    })

    it('a bundled skill takes part where it is named, and not by itself', async () => {
      await chat({ skills: ['plain-language-summary'] })
      assert.match(systemOf(questionsTo(provider).at(-1)), /# Plain-language summary/)
      await chat()
      assert.doesNotMatch(systemOf(questionsTo(provider).at(-1)), /plain-language/)
    })

    it('an empty list means no skills', async () => {
      await chat({ skills: [] })
      assert.equal(at(questionsTo(provider).at(-1), 'tools'), undefined)
      assert.doesNotMatch(JSON.stringify(questionsTo(provider).at(-1)), /refunds/)
    })

    it('an unknown name is 400 and names the available ones', async () => {
      const { status, body } = await chat({ skills: ['refund'] })
      assert.equal(status, 400)
      assert.equal(at(body, 'error'), 'invalid_request')
      assert.match(
        textAt(body, 'message'),
        /There is no skill "refund"\. Available: .*plain-language-summary.*refunds/,
      )
      assert.equal(at(body, 'details', 'field'), 'skills')
    })

    it('a skill and a form work together', async () => {
      provider.next({ ...reading('call_1'), pieces: ['I guess {"ok":false}'] })
      provider.next({ pieces: ['{"ok":true}'] })
      const schema = {
        type: 'object',
        properties: { ok: { type: 'boolean' } },
        required: ['ok'],
        additionalProperties: false,
      }
      const { status, body } = await chat({ responseFormat: { type: 'json_schema', schema } })
      assert.equal(status, 200)
      assert.deepEqual(at(body, 'data'), { ok: true })
      assert.equal(at(body, 'content'), '{"ok":true}')
    })

    it('a change counts from the next turn: changed, added, moved away, and back', async () => {
      const described = async (): Promise<string> => {
        await chat()
        return JSON.stringify(questionsTo(provider).at(-1))
      }
      await writeFile(
        join(refunds, 'SKILL.md'),
        skillText('refunds').replace('Does refunds', 'Pays money back'),
      )
      assert.match(await described(), /Pays money back/)
      await writeSkill(dir, 'greetings')
      assert.match(await described(), /greetings: Does greetings/)
      await writeFile(join(dir, 'greetings', 'SKILL.md'), skillText('greetings').replace('Does', 'Says'))
      assert.match(await described(), /greetings: Says greetings/)
      const elsewhere = `${dir}-away`
      await rename(dir, elsewhere)
      stack.defer(() => rm(elsewhere, { recursive: true, force: true }))
      assert.doesNotMatch(await described(), /greetings/)
      await mkdir(dir)
      await writeSkill(dir, 'returns')
      assert.match(await described(), /returns: Does returns/)
      await rm(join(dir, 'returns'), { recursive: true })
      await writeSkill(dir, 'returns', skillText('returns').replace('Does', 'Takes'))
      assert.match(await described(), /returns: Takes returns/)
    })
  })
}

describe('models that take no tools', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const dir = await mkdtemp(join(tmpdir(), 'openclaw-skills-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  await writeSkill(dir, 'refunds')
  const { chat, provider } = await answering(stack, 'openai', { skills: { dirs: [dir] } })

  it('a server that refuses tools is asked without them, and the reply says so', async () => {
    const { status, body } = await chat({ model: 'gpt-old' })
    assert.equal(status, 200)
    assert.deepEqual(at(body, 'warnings'), ['tools_ignored'])
    assert.equal(at(questionsTo(provider).at(-1), 'tools'), undefined)
  })
})

describe('a model that the config says takes no tools', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const dir = await mkdtemp(join(tmpdir(), 'openclaw-skills-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  await writeSkill(dir, 'refunds')
  const models = [{ id: 'gpt-4o-mini', tools: false }]
  const { chat, provider } = await answering(stack, 'openai', { skills: { dirs: [dir] } }, models)

  it('is shown the descriptions alone', async () => {
    const { body } = await chat()
    assert.equal(at(body, 'warnings'), undefined)
    const asked = questionsTo(provider).at(-1)
    assert.equal(at(asked, 'tools'), undefined)
    assert.match(
      textAt(asked, 'messages', 0, 'content'),
      /tasks that you are here for.*- refunds: Does refunds\./s,
    )
    assert.doesNotMatch(textAt(asked, 'messages', 0, 'content'), /read_skill/)
  })
})

describe('skills of the config', async () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())
  const dir = await mkdtemp(join(tmpdir(), 'openclaw-skills-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  await writeSkill(dir, 'refunds')
  await writeSkill(dir, 'greetings')
  const entries = { 'ticket-first-reply': { enabled: true }, greetings: { enabled: false } }
  const { chat, provider, gateway } = await answering(stack, 'openai', { skills: { dirs: [dir], entries } })

  it('a bundled one that is switched on is offered, and one that is switched off is neither offered nor read', async () => {
    await chat()
    const asked = JSON.stringify(questionsTo(provider).at(-1))
    assert.match(asked, /ticket-first-reply/)
    assert.match(asked, /refunds/)
    assert.doesNotMatch(asked, /greetings/)
    const { status, body } = await chat({ skills: ['greetings'] })
    assert.equal(status, 400)
    assert.match(textAt(body, 'message'), /the config switches it off/)
  })

  it('GET /skills lists them, bundled ones first', async () => {
    const body: unknown = await (await gateway.call('GET', '/api/v1/skills')).json()
    const rows = listAt(body, 'data').map((row) => [
      at(row, 'name'),
      at(row, 'enabled'),
      at(row, 'eligible'),
      at(row, 'reason'),
    ])
    assert.deepEqual(rows, [
      ['customer-feedback-classification', false, true, null],
      ['plain-language-summary', false, true, null],
      ['ticket-first-reply', true, true, null],
      ['greetings', false, true, null],
      ['refunds', true, true, null],
    ])
    assert.deepEqual(Object.keys(Object(at(body, 'data', 0))).sort(), [
      'description',
      'eligible',
      'enabled',
      'name',
      'reason',
      'source',
    ])
  })
})
