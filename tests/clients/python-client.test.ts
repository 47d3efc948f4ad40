import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { checkErrorBody } from '../support/expect-error.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { type Recorder, startRecorder } from '../support/recorder.ts'
import { runProgram } from '../support/run-program.ts'
import { useGateway } from '../support/use-gateway.ts'

const model = 'claude-sonnet-4-20250514'
const unreachable =
  /NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|name resolution|No route to host|Network is unreachable|ProxyError/
const stack = new AsyncDisposableStack()
let missing: string | undefined
let recorder: Recorder
let secret: string
let report: unknown

before(async () => {
  const python = await pythonWithRequests()
  if (python === undefined) return
  const gateway = await useGateway(stack, { tokens: { app: { scope: ['chat', 'send', 'read'] } } })
  secret = gateway.secrets.app ?? ''
  recorder = stack.use(await startRecorder(gateway.url))
  const ran = await runProgram(python, [join(import.meta.dirname, 'use_client.py'), recorder.url], {
    OPENCLAW_TOKEN: secret,
    PYTHONDONTWRITEBYTECODE: '1',
  })
  assert.equal(ran.code, 0, ran.stderr)
  report = JSON.parse(ran.stdout)
})
after(() => stack.disposeAsync())

/** Makes an environment that is gone with the stack. Undefined, with the reason in `missing`, where this machine cannot. */
async function pythonWithRequests(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-python-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const made = await runProgram('python3', ['-m', 'venv', folder]).catch(() => undefined)
  if (made?.code !== 0) {
    missing = 'there is no python3 with venv on this machine'
    return undefined
  }
  const python = join(folder, 'bin', 'python')
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--retries',
    '1',
    'requests',
  ]
  const installed = await runProgram(python, install)
  if (installed.code === 0) return python
  assert.match(installed.stderr, unreachable)
  missing = 'pip cannot reach its registry'
  return undefined
}

function guideTest(name: string, run: () => void): void {
  test(name, (context: TestContext) => {
    if (missing === undefined) run()
    else context.skip(missing)
  })
}

guideTest("the guide's Python client gets an answer with no provider and the id that it asks for", () => {
  assert.match(textAt(report, 'first', 'content'), /What's the weather like today\?/)
  assert.equal(at(report, 'first', 'model'), 'demo')
  assert.equal(at(report, 'second', 'content'), 'again')
  assert.equal(at(report, 'second', 'conversationId'), at(report, 'first', 'conversationId'))
  assert.equal(at(report, 'named', 'content'), 'named')
})

guideTest('its chat_stream yields the JSON of each frame, from start to done', () => {
  const frames = listAt(report, 'stream').map((text): unknown => JSON.parse(String(text)))
  assert.equal(at(frames, 0, 'type'), 'start')
  assert.match(textAt(frames, 0, 'conversationId'), /^conv_/)
  const said = frames.slice(1, -1).map((frame) => {
    assert.equal(at(frame, 'type'), 'delta')
    return textAt(frame, 'content')
  })
  assert.match(said.join(''), /^You wrote "Tell me a story"/)
  assert.equal(at(frames, frames.length - 1, 'type'), 'done')
  assert.ok(Number(at(frames, frames.length - 1, 'usage', 'outputTokens')) > 0)
})

guideTest('its send to a channel that is not configured raises HTTPError with 404 channel_not_found', () => {
  assert.equal(at(report, 'send', 'status'), 404)
  checkErrorBody(at(report, 'send', 'body'), 'channel_not_found')
})

guideTest('its wrong token raises HTTPError with 401, plain and streaming', () => {
  for (const call of ['stranger', 'strangerStream']) {
    assert.equal(at(report, call, 'status'), 401)
    checkErrorBody(at(report, call, 'body'), 'unauthorized')
  }
})

guideTest('its health answers', () => {
  assert.equal(at(report, 'health', 'status'), 'ok')
})

guideTest("what went over the wire is what the guide's client sends", () => {
  const conversationId = textAt(report, 'first', 'conversationId')
  assert.deepEqual(
    recorder.requests.map(({ method, path, body }) => [method, path, body === '' ? null : JSON.parse(body)]),
    [
      ['POST', '/api/v1/chat', { message: "What's the weather like today?", model }],
      ['POST', '/api/v1/chat', { message: 'echo again', model, conversationId, systemPrompt: 'Be brief.' }],
      ['POST', '/api/v1/chat', { message: 'echo named', model: 'demo' }],
      ['POST', '/api/v1/chat/stream', { message: 'Tell me a story', model }],
      ['POST', '/api/v1/send', { channel: 'telegram', chatId: '123456789', message: 'Hello from API!' }],
      ['POST', '/api/v1/chat', { message: 'Hello', model }],
      ['POST', '/api/v1/chat/stream', { message: 'Hello', model }],
      ['GET', '/health', null],
    ],
  )
  for (const { path, headers } of recorder.requests) {
    if (path === '/health') assert.equal(headers.authorization, undefined)
    else assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers.accept, path.endsWith('/stream') ? 'text/event-stream' : '*/*')
  }
  assert.equal(recorder.requests[0]?.headers.authorization, `Bearer ${secret}`)
})
