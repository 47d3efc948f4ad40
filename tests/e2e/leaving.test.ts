import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { Fault, ProviderServer, RecordedRequest } from '../support/provider-server.ts'
import { openSocket, rawRequest } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

// Some milliseconds; a machine that does other things may take longer, but nothing like a deadline, which would end it as well.
const abortWithinMs = 5_000
const megabyte = 1024 * 1024
const stack = new AsyncDisposableStack()
let provider: ProviderServer
let gateway: RunningGateway

before(async () => {
  provider = stack.use(await startOpenAiServer())
  gateway = await useGateway(stack, {
    config: {
      models: {
        default: 'gpt-4o-mini',
        timeouts: { idleMs: 400 },
        providers: {
          fake: { api: 'openai-completions', baseUrl: provider.url, apiKey: openAiDefaults.apiKey },
        },
      },
    },
  })
})
after(() => stack.disposeAsync())

function ask(path: string, conversationId: string, to: RunningGateway = gateway): Socket {
  const socket = openSocket(to.url)
  socket.on('error', () => undefined)
  const headers = [`Authorization: Bearer ${to.token}`, 'Content-Type: application/json']
  const body = JSON.stringify({ message: 'Hello', conversationId })
  socket.write(rawRequest({ method: 'POST', target: path, headers, body }))
  return socket
}

/** The messages of a conversation as `role status content`, once none of them is pending. */
function messagesOf(conversationId: string): Promise<readonly string[]> {
  return eventually(`the end of ${conversationId}`, async () => {
    const reply = await gateway.call('GET', `/api/v1/conversations/${conversationId}`)
    if (reply.status !== 200) return undefined
    const rows = listAt(await reply.json(), 'messages')
    if (rows.some((row) => at(row, 'status') === 'pending')) return undefined
    return rows.map((row) => `${at(row, 'role')} ${at(row, 'status')} ${at(row, 'content')}`)
  })
}

/** How the provider's server saw the end of a request, within five seconds. */
function closeOf(request: RecordedRequest): Promise<{ readonly complete: boolean; readonly at: number }> {
  let closed: { readonly complete: boolean; readonly at: number } | undefined
  void request.closed.then((end) => {
    closed = end
  })
  return eventually("the end of the provider's request", () => closed)
}

async function untilSaid(socket: Socket, words: string): Promise<void> {
  let text = ''
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece)
    if (text.includes(words)) return
  }
  throw new Error(`the gateway closed the connection after ${text}`)
}

const states: readonly (readonly [string, Fault, string, readonly string[]])[] = [
  ['before the headers', 'stall-before-headers', '', ['user aborted Hello']],
  ['before the first token', 'stall-before-first-token', '', ['user aborted Hello']],
  ['in mid-stream', 'stall-mid-stream', 'an ', ['user complete Hello', 'assistant aborted half an ']],
]

for (const [when, fault, said, kept] of states) {
  for (const leave of ['destroy', 'resetAndDestroy'] as const) {
    test(`a reader of a stream that goes away ${when} (${leave}) ends the provider's request at once`, async () => {
      const conversationId = `stream-${fault}-${leave}`
      provider.next({ pieces: ['half ', 'an ', 'answer ', 'only'], fault })
      const number = provider.requests.length
      const socket = ask('/api/v1/chat/stream', conversationId)
      const request = await provider.request(number)
      await request.stalled
      if (said !== '') await untilSaid(socket, said)
      const leftAt = performance.now()
      socket[leave]()
      const { complete, at: closedAt } = await closeOf(request)
      assert.equal(complete, false)
      assert.ok(closedAt - leftAt < abortWithinMs, `${closedAt - leftAt} ms`)
      assert.deepEqual(await messagesOf(conversationId), kept)
    })
  }
}

for (const fault of ['stall-before-headers', 'stall-mid-stream'] as const) {
  test(`a caller of a plain reply that goes away (${fault}) ends the provider's request at once`, async () => {
    const conversationId = `plain-${fault}`
    provider.next({ fault })
    const number = provider.requests.length
    const socket = ask('/api/v1/chat', conversationId)
    const request = await provider.request(number)
    await request.stalled
    const leftAt = performance.now()
    socket.destroy()
    const { complete, at: closedAt } = await closeOf(request)
    assert.equal(complete, false)
    assert.ok(closedAt - leftAt < abortWithinMs, `${closedAt - leftAt} ms`)
    assert.deepEqual(await messagesOf(conversationId), ['user aborted Hello'])
  })
}

test('a conversation goes on after a reply that was left, and the model is shown what was kept', async () => {
  const conversationId = 'going-on'
  provider.next({ pieces: ['half ', 'an ', 'answer ', 'only'], fault: 'stall-mid-stream' })
  const socket = ask('/api/v1/chat/stream', conversationId)
  await untilSaid(socket, 'an ')
  socket.destroy()
  await messagesOf(conversationId)
  const reply = await gateway.call('POST', '/api/v1/chat', { message: 'Go on', conversationId })
  assert.equal(reply.status, 200)
  const shown = listAt(provider.requests.at(-1)?.body, 'messages')
  assert.deepEqual(
    shown.map((message) => at(message, 'content')),
    ['Hello', 'half an ', 'Go on'],
  )
})

test('a caller that goes away while it waits for its turn never reaches the provider', async () => {
  const conversationId = 'waiting'
  provider.next({ as: 'events', pauseMs: 40, pieces: ['slow'] })
  const number = provider.requests.length
  const first = gateway.call('POST', '/api/v1/chat', { message: 'First', conversationId })
  await provider.request(number)
  const waiting = ask('/api/v1/chat', conversationId)
  await once(waiting, 'connect')
  // An answer on another connection: by then the gateway has read what was sent before.
  await gateway.call('GET', '/api/v1/models')
  waiting.destroy()
  assert.equal((await first).status, 200)
  const next = await gateway.call('POST', '/api/v1/chat', { message: 'Next', conversationId })
  assert.equal(next.status, 200)
  assert.equal(provider.requests.length, number + 2)
  const contents = await messagesOf(conversationId)
  assert.deepEqual(
    contents.filter((line) => line.startsWith('user')),
    ['user complete First', 'user complete Next'],
  )
})

test('the log has a line for each request that was left, with status 499', async () => {
  // Six streams, two plain replies, the one that went on and the one that waited.
  await eventually('ten lines', () => gateway.output().split('status=499').length === 11 || undefined)
})

test("a reader that stops reading holds the provider back, memory stays flat, and no deadline of the provider's runs", async () => {
  const conversationId = 'held-back'
  const rss = async (): Promise<number> =>
    numberAt(await (await gateway.call('GET', '/health/detail')).json(), 'memory', 'rssBytes')
  // Short pieces, so that what the buffers on the way can hold is far from the longest reply that is taken.
  provider.next({ pieces: ['x'.repeat(64)], fault: 'endless' })
  const number = provider.requests.length
  const before = await rss()
  const socket = ask('/api/v1/chat/stream', conversationId)
  const request = await provider.request(number)
  await untilSaid(socket, '"delta"')
  socket.pause()
  await eventually('the provider to be held back', () => request.isHeldBack() || undefined)
  // Held back for longer than models.timeouts.idleMs.
  let written = -1
  let quietTicks = 0
  await eventually('a provider that stands still', async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    quietTicks = request.bytesWritten() === written ? quietTicks + 1 : 0
    written = request.bytesWritten()
    return quietTicks >= 12 ? true : undefined
  })
  assert.ok(request.isHeldBack())
  assert.ok(written < 100 * megabyte, `${written} bytes`)
  assert.ok((await rss()) - before < 50 * megabyte, 'the memory of the gateway stays flat')

  // Reading on sets the provider free again, and nothing was lost on the way.
  let text = ''
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece)
    if (text.length > megabyte) break
  }
  assert.ok(!text.includes('"type":"error"'))
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))
  assert.deepEqual(
    ids,
    ids.map((_, i) => (ids[0] ?? 0) + i),
  )
  await eventually('the provider to be read again', () =>
    request.bytesWritten() > written ? true : undefined,
  )

  const leftAt = performance.now()
  socket.destroy()
  const { at: closedAt } = await closeOf(request)
  assert.ok(closedAt - leftAt < abortWithinMs, `${closedAt - leftAt} ms`)
  const [, kept = ''] = await messagesOf(conversationId)
  assert.ok(/^assistant aborted x+$/.test(kept), kept.slice(0, 100))
})

test('a caller that has left does not hold up the stop', async () => {
  await using own = new AsyncDisposableStack()
  const other = await useGateway(own)
  for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
    // The demo model's slow answer takes five seconds.
    const socket = openSocket(other.url)
    const headers = [`Authorization: Bearer ${other.token}`, 'Content-Type: application/json']
    socket.write(rawRequest({ method: 'POST', target: path, headers, body: '{"message":"slow"}' }))
    if (path.endsWith('stream')) await untilSaid(socket, '"start"')
    else await eventually('the turn to run', async () => (await listed(other)) > 0 || undefined)
    socket.destroy()
  }
  const from = performance.now()
  other.child.kill('SIGTERM')
  assert.deepEqual(await other.exited, [0, null])
  assert.ok(performance.now() - from < 4_500)
})

async function listed(other: RunningGateway): Promise<number> {
  return listAt(await (await other.call('GET', '/api/v1/conversations')).json(), 'data').length
}
