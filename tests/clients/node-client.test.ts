import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkErrorBody } from '../support/expect-error.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { type Recorder, startRecorder } from '../support/recorder.ts'
import { runProgram } from '../support/run-program.ts'
import { useGateway } from '../support/use-gateway.ts'

const model = 'claude-sonnet-4-20250514'
const stack = new AsyncDisposableStack()
let recorder: Recorder
let secret: string
let report: unknown

before(async () => {
  const gateway = await useGateway(stack, { tokens: { app: { scope: ['chat', 'send', 'read'] } } })
  secret = gateway.secrets.app ?? ''
  recorder = stack.use(await startRecorder(gateway.url))
  const ran = await runProgram(
    process.execPath,
    [join(import.meta.dirname, 'use-client.cjs'), recorder.url],
    {
      OPENCLAW_TOKEN: secret,
    },
  )
  assert.equal(ran.code, 0, ran.stderr)
  report = JSON.parse(ran.stdout)
})
after(() => stack.disposeAsync())

test("the guide's Node client gets an answer with no provider and the id that it asks for", () => {
  assert.match(textAt(report, 'first', 'content'), /Implement the Fibonacci sequence/)
  assert.equal(at(report, 'first', 'model'), 'demo')
  assert.equal(at(report, 'second', 'content'), 'again')
  assert.equal(at(report, 'second', 'conversationId'), at(report, 'first', 'conversationId'))
  assert.equal(at(report, 'named', 'content'), 'named')
})

test('its send to a channel that is not configured rejects with 404 channel_not_found', () => {
  assert.equal(at(report, 'send', 'status'), 404)
  checkErrorBody(at(report, 'send', 'body'), 'channel_not_found')
})

test('its wrong token rejects with 401', () => {
  assert.equal(at(report, 'stranger', 'status'), 401)
  checkErrorBody(at(report, 'stranger', 'body'), 'unauthorized')
})

test('its health and getModels answer', () => {
  assert.equal(at(report, 'health', 'status'), 'ok')
  assert.ok(listAt(report, 'models', 'data').some((row) => at(row, 'id') === 'demo'))
})

test("what went over the wire is what the guide's client sends", () => {
  const systemPrompt = 'You are a programming tutor. Explain clearly and simply.'
  const conversationId = textAt(report, 'first', 'conversationId')
  const message = 'Implement the Fibonacci sequence in JavaScript'
  assert.deepEqual(
    recorder.requests.map(({ method, path, body }) => [method, path, body === '' ? null : JSON.parse(body)]),
    [
      ['POST', '/api/v1/chat', { message, model, systemPrompt }],
      ['POST', '/api/v1/chat', { message: 'echo again', model, conversationId }],
      ['POST', '/api/v1/chat', { message: 'echo named', model: 'demo' }],
      ['POST', '/api/v1/send', { channel: 'discord', chatId: 'CHANNEL_ID', message: 'Message from the API' }],
      ['POST', '/api/v1/chat', { message: 'Hello', model }],
      ['GET', '/health', null],
      ['GET', '/api/v1/models', null],
    ],
  )
  for (const { path, headers } of recorder.requests) {
    if (path === '/health') {
      assert.equal(headers.authorization, undefined)
      continue
    }
    assert.match(headers.authorization ?? '', /^Bearer \S+$/)
    assert.ok(path === '/api/v1/models' || headers['content-type'] === 'application/json')
  }
  assert.equal(recorder.requests[0]?.headers.authorization, `Bearer ${secret}`)
})
