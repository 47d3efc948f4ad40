import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { bin } from '../cli/support.ts'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { respond, startReceiver } from './support/receiver.ts'

const secret = 'your-webhook-secret'
const vector =
  '{"data":{"channel":"telegram","chatId":"123456789","content":"The message content sent by the user","conversationId":"conv_123","from":{"id":"user_456","name":"Alice"},"messageId":"msg_xyz789","timestamp":"2026-04-09T10:30:00Z"},"event":"message.received","id":"evt_01JRD3Q0V8W9X0Y1Z2A3B4C5D6","timestamp":"2026-04-09T10:30:00Z","type":"message.received","signature":"sha256=a5ac1b09096a74077fed476f9bbaadc86981d7ad6aa66b2b8a4c7ddb5912f569"}'

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function webhook(
  args: readonly string[],
  options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [bin, 'webhook', ...args], {
    env: { ...options.env },
    timeout: 90_000,
  })
  child.stdin.end(options.stdin ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

function envOf(gateway: RunningGateway): Readonly<Record<string, string>> {
  const { home } = gateway
  return {
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, 'state'),
    OPENCLAW_CONFIG: join(home, 'openclaw.json5'),
  }
}

function endpoint(url: string): object {
  const retry = { maxAttempts: 1, backoffMs: 100 }
  return { id: 'crm', url, secret, retry, allowPrivateNetwork: true }
}

test('a secret is one of Standard Webhooks, and another one each time', async () => {
  const [one, two] = await Promise.all([webhook(['secret']), webhook(['secret'])])
  assert.match(one.stdout, /^whsec_[A-Za-z0-9+/]{32}\n$/)
  assert.notEqual(one.stdout, two.stdout)
})

test('verify takes the vector by its body, and by its header, and refuses another byte', async () => {
  const env = { OPENCLAW_WEBHOOK_SECRET: secret }
  const inBody = await webhook(['verify'], { stdin: vector, env })
  assert.deepEqual([inBody.code, inBody.stdout], [0, 'valid (by signature)\n'])
  const fromFile = await webhook(['verify'], { stdin: `${vector}\n`, env })
  assert.equal(fromFile.code, 0)
  const header =
    'X-OpenClaw-Signature-256: sha256=950f3d9428e7970fbe973a9491c8e88a0951ecf8a6dd737c48c789db0dc0df98'
  const byHeader = await webhook(['verify', '-H', header], { stdin: vector, env })
  assert.deepEqual([byHeader.code, byHeader.stdout], [0, 'valid (by x-openclaw-signature-256)\n'])
  const changed = await webhook(['verify'], { stdin: vector.replace('Alice', 'Alicf'), env })
  assert.equal(changed.code, 1)
  assert.match(changed.stderr, /not valid/)
  const old = ['webhook-id: evt_01JRD3Q0V8W9X0Y1Z2A3B4C5D6', 'webhook-timestamp: 1775730600']
  const signature = 'webhook-signature: v1,FEJtZSrD0UHm3VS1fXQKa9856Sh2e3kJAx+USdKu1DE='
  const replayed = await webhook(['verify', '-H', ...old, signature], { stdin: vector, env })
  assert.equal(replayed.code, 1)
  assert.match(replayed.stderr, /webhook-timestamp is \d+ s off/)
  const none = await webhook(['verify'], { stdin: vector })
  assert.equal(none.code, 2)
})

test('deliveries are listed as JSON, shown, replayed; an endpoint is tested, disabled and enabled', async () => {
  await using stack = new AsyncDisposableStack()
  let status = 500
  const receiver = stack.use(await startReceiver((response) => respond(response, status, 'so it says')))
  const gateway = await useGateway(stack, {
    config: { api: { webhooks: { outgoing: [endpoint(receiver.url)] } } },
  })
  const env = envOf(gateway)
  const since = new Date(Date.now() - 60_000).toISOString()
  const tested = await webhook(['test', 'crm'], { env })
  assert.equal(tested.code, 1, tested.stderr)
  assert.match(tested.stdout, /^crm: 500 after \d+ ms \(whd_\w+\)\n$/)
  await gateway.call('POST', '/api/v1/chat', { message: 'echo Hi' })
  const rows = await eventually('four dead deliveries', async () => {
    const { stdout } = await webhook(['deliveries', '--json', '--status', 'dead'], { env })
    const data = listAt(JSON.parse(stdout), 'data')
    return data.length === 4 ? data : undefined
  })
  const row = rows.find((one) => at(one, 'event') === 'message.sent')
  assert.deepEqual([at(row, 'endpoint'), at(row, 'status'), at(row, 'nextAttemptAt')], ['crm', 'dead', null])
  const attempt = at(row, 'attempts', 0)
  assert.deepEqual(Object.keys(Object(attempt)).sort(), ['at', 'durationMs', 'error', 'status'])
  const shown = await webhook(['deliveries', textAt(row, 'id')], { env })
  assert.match(shown.stdout, /"answer": "so it says"/)
  assert.match(
    (await webhook(['deliveries', '--limit', '1'], { env })).stderr,
    /There are more: --cursor \S+/,
  )
  status = 204
  assert.equal((await webhook(['replay', textAt(row, 'id')], { env })).code, 0)
  await receiver.count(5)
  assert.equal((await webhook(['disable', 'crm'], { env })).code, 0)
  const refused = await webhook(['test', 'crm'], { env })
  assert.match(refused.stderr, /is disabled \(by_hand\)/)
  await gateway.call('POST', '/api/v1/chat', { message: 'echo missed' })
  assert.match((await webhook(['list'], { env })).stdout, /crm .*disabled \(by_hand\)/)
  assert.equal((await webhook(['enable', 'crm'], { env })).code, 0)
  const recovered = await webhook(['replay', '--endpoint', 'crm', '--since', since], { env })
  // The three that failed and were not replayed, and the three of the turn that was missed.
  assert.match(recovered.stdout, /^6 deliveries/)
  await receiver.count(11)
  assert.ok(receiver.received.some(({ event }) => event.data.content === 'echo missed'))
  const user = userInfo().username
  assert.deepEqual(await changesIn(gateway), [
    [user, 'webhook.tested', 'crm'],
    [user, 'webhook.replayed', textAt(row, 'id')],
    [user, 'webhook.disabled', 'crm'],
    [user, 'webhook.enabled', 'crm'],
    [user, 'webhook.recovered', 'crm'],
  ])
  assert.equal((await webhook(['test', 'none'], { env })).code, 3)
  assert.equal((await webhook(['deliveries', 'whd_none'], { env })).code, 3)
  assert.equal((await webhook(['replay'], { env })).code, 2)
  assert.equal((await webhook(['deliveries', '--status', 'lost'], { env })).code, 2)
})

test('a test says where no gateway runs that could deliver it', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack, {
    config: { api: { webhooks: { outgoing: [endpoint('http://127.0.0.1:9/')] } } },
  })
  gateway.child.kill('SIGTERM')
  await gateway.exited
  const tested = await webhook(['test', 'crm'], { env: envOf(gateway) })
  assert.equal(tested.code, 6)
  assert.match(tested.stderr, /^openclaw: No gateway runs on .*, so nobody would deliver it\. Start it: /)
  // A gateway that starts later has nothing left to deliver.
  const { stdout } = await webhook(['deliveries', '--json'], { env: envOf(gateway) })
  assert.deepEqual(listAt(JSON.parse(stdout), 'data'), [])
})

// What the command line has changed, oldest first.
async function changesIn(gateway: RunningGateway): Promise<readonly unknown[]> {
  const rows = listAt(await (await gateway.call('GET', '/api/v1/audit?limit=100')).json(), 'data')
  return rows
    .filter((row) => at(row, 'actor', 'type') === 'cli')
    .map((row) => [at(row, 'actor', 'name'), at(row, 'action'), at(row, 'target')])
    .reverse()
}

test('listen says that its secret is new each time, and how to keep one; a port that is taken is named', async () => {
  await using stack = new AsyncDisposableStack()
  const listen = spawn(process.execPath, [bin, 'webhook', 'listen', '--port', '0'], { env: {} })
  stack.defer(() => void listen.kill('SIGKILL'))
  let shown = ''
  listen.stderr.on('data', (chunk) => {
    shown += chunk
  })
  const kept =
    /The next start makes another secret\. .*webhook secret > secret\.txt.*--secret-file secret\.txt/
  await eventually('the hint', () => kept.test(shown) || undefined)
  const port = /Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(shown)?.[1] ?? ''
  const second = await webhook(['listen', '--port', port])
  assert.equal(second.code, 2)
  assert.match(second.stderr, new RegExp(`Port ${port} is taken`))
  const empty = await webhook(['listen', '--secret-file', '/dev/null'])
  assert.match(empty.stderr, /The file \/dev\/null is empty\./)
})

test('listen shows what a gateway sends, verified, and refuses what is forged', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const file = join(gateway.home, 'secret.txt')
  writeFileSync(file, `${secret}\n`)
  const listen = spawn(process.execPath, [bin, 'webhook', 'listen', '--port', '0', '--secret-file', file], {
    env: {},
  })
  stack.defer(() => void listen.kill('SIGKILL'))
  let out = ''
  let shown = ''
  listen.stderr.on('data', (chunk) => {
    shown += chunk
  })
  listen.stdout.on('data', (chunk) => {
    out += chunk
  })
  const url = await eventually('the address', () => /Listening on (\S+)/.exec(shown)?.[1])
  assert.doesNotMatch(shown, new RegExp(secret))
  const body = vector.replace('Alice', 'Mallory')
  assert.equal((await fetch(url, { method: 'POST', body })).status, 401)
  assert.equal((await fetch(url, { method: 'POST', body: vector })).status, 204)
  await eventually('both', () => (/NOT VALID[\s\S]*valid \(by signature\)/.test(out) ? true : undefined))
  const { home } = gateway
  gateway.child.kill('SIGTERM')
  await gateway.exited
  const config = { api: { webhooks: { outgoing: [endpoint(url)] } } }
  const second = await useGateway(stack, { home, config })
  await second.call('POST', '/api/v1/chat', { message: 'echo shown here' })
  await eventually('the events', () =>
    /message\.sent valid \(by webhook-signature\)[\s\S]*shown here/.test(out) ? true : undefined,
  )
  listen.kill('SIGTERM')
  await eventually('its end', () => listen.exitCode ?? undefined)
  assert.equal(listen.exitCode, 0)
})
