import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkErrorBody } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { type Ran, runProgram } from '../support/run-program.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let isThereCurl = false

before(async () => {
  gateway = await useGateway(stack, { tokens: { app: { scope: ['chat', 'send', 'read'] } } })
  const curl = await runProgram('curl', ['--version']).catch(() => undefined)
  isThereCurl = curl?.code === 0
})
after(() => stack.disposeAsync())

/** Runs a command of the guide in a shell, with this gateway's port in the place of the guide's. */
async function shell(command: string): Promise<Ran> {
  const { port } = new URL(gateway.url)
  const secret = gateway.secrets.app ?? ''
  const ran = await runProgram('sh', ['-c', command.replaceAll('localhost:18789', `localhost:${port}`)], {
    OPENCLAW_TOKEN: secret,
    TOKEN: secret,
    no_proxy: '*',
  })
  assert.equal(ran.code, 0, ran.stderr)
  return ran
}

function curlTest(name: string, run: () => Promise<void>): void {
  test(name, async (context) => {
    if (isThereCurl) await run()
    else context.skip('there is no curl on this machine')
  })
}

curlTest('2.3: the list of models', async () => {
  const { stdout } = await shell(`curl -H "Authorization: Bearer $OPENCLAW_TOKEN" \\
http://localhost:18789/api/v1/models`)
  assert.deepEqual(
    listAt(JSON.parse(stdout), 'data').map((row) => at(row, 'id')),
    ['demo'],
  )
})

curlTest(
  '3.1: a message under an id that nobody has opened, to a model that its maker has retired',
  async () => {
    const { stdout } = await shell(`curl -X POST http://localhost:18789/api/v1/chat \\
-H "Authorization: Bearer $OPENCLAW_TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"message": "Write a quicksort algorithm in Python",
"conversationId": "conv_123",
"model": "claude-sonnet-4-20250514",
"systemPrompt": "You are a professional programming assistant",
"maxTokens": 2000,
"temperature": 0.7
}'`)
    const body: unknown = JSON.parse(stdout)
    assert.match(textAt(body, 'id'), /^msg_/)
    assert.match(textAt(body, 'content'), /Write a quicksort algorithm in Python/)
    assert.deepEqual(
      [at(body, 'conversationId'), at(body, 'role'), at(body, 'model')],
      ['conv_123', 'assistant', 'demo'],
    )
    for (const count of ['inputTokens', 'outputTokens']) assert.ok(Number(at(body, 'usage', count)) > 0)
    assert.ok(Number.isInteger(at(body, 'latency')))
  },
)

curlTest('3.2: a stream of data lines from start to done', async () => {
  const { stdout } = await shell(`curl -X POST http://localhost:18789/api/v1/chat/stream \\
-H "Authorization: Bearer $OPENCLAW_TOKEN" \\
-H "Content-Type: application/json" \\
-H "Accept: text/event-stream" \\
-d '{
"message": "Write a short essay about artificial intelligence",
"model": "claude-sonnet-4-20250514"
}'`)
  const lines = stdout.split('\n').filter((line) => line.startsWith('data: '))
  const frames = lines.map((line): unknown => JSON.parse(line.slice('data: '.length)))
  assert.deepEqual(
    [at(frames[0], 'type'), at(frames[1], 'type'), at(frames.at(-1), 'type')],
    ['start', 'delta', 'done'],
  )
  assert.match(textAt(frames[0], 'conversationId'), /^conv_/)
  assert.ok(Number(at(frames.at(-1), 'usage', 'outputTokens')) > 0)
})

curlTest('3.3: to a channel that is not configured, a clear error', async () => {
  for (const [channel, chatId, message] of [
    ['telegram', '123456789', 'This is a message sent via the API'],
    ['discord', 'CHANNEL_ID', 'System notice: Server maintenance will begin at 10:00 PM tonight'],
  ]) {
    const { stdout } = await shell(`curl -X POST http://localhost:18789/api/v1/send \\
-H "Authorization: Bearer $OPENCLAW_TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"channel": "${channel}",
"chatId": "${chatId}",
"message": "${message}"
}'`)
    checkErrorBody(JSON.parse(stdout), 'channel_not_found')
  }
})

curlTest('10: a verbose call shows the status and the request id', async () => {
  const { stdout, stderr } = await shell(`curl -v -X POST http://localhost:18789/api/v1/chat \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{"message":"test"}'`)
  assert.equal(at(JSON.parse(stdout), 'role'), 'assistant')
  assert.match(stderr, /< HTTP\/1\.1 200 OK/)
  assert.match(stderr, /< x-request-id: req_/i)
})

curlTest('10: the health check', async () => {
  const { stdout } = await shell('curl -s http://localhost:18789/health')
  assert.equal(at(JSON.parse(stdout), 'status'), 'ok')
})
