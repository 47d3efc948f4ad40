import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { respond, startReceiver } from './support/receiver.ts'

// Twenty for the record: OPENCLAW_TEST_KILL_ROUNDS=20 npx node --test tests/webhooks/kill.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 3)
const writers = 8
// Each wait is twice the one before it: without a bound the unluckiest of thousands of events takes minutes.
const refusedAtMost = 4

test(`kill -9 under load, ${rounds} times: every event arrives, none without its cause`, {
  timeout: 300_000,
}, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-kill-'))
  let random = 1
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647
    return random / 2_147_483_647
  }
  const accepted = new Set<string>()
  const refusals = new Map<string, number>()
  let refused = 0
  await using receiver = await startReceiver((response, { event }) => {
    const before = refusals.get(event.id) ?? 0
    if (before < refusedAtMost && next() < 1 / 3) {
      refusals.set(event.id, before + 1)
      refused++
      respond(response, 500)
      return
    }
    accepted.add(event.id)
    respond(response, 204)
  })
  const retry = { maxAttempts: 20, backoffMs: 100 }
  const outgoing = [
    { id: 'crm', url: receiver.url, secret: 'x'.repeat(32), retry, allowPrivateNetwork: true },
  ]
  const options = { home, config: { api: { webhooks: { outgoing } } } }
  const answered = new Set<string>()
  let last: RunningGateway | undefined
  try {
    for (let round = 0; round < rounds; round++) {
      const gateway = await startGateway(options)
      let isRunning = true
      const write = async (): Promise<void> => {
        while (isRunning) {
          const reply = await gateway
            .call('POST', '/api/v1/chat', { message: 'echo Hi' })
            .catch(() => undefined)
          if (reply?.status !== 200) return
          const body: unknown = await reply.json().catch(() => undefined)
          if (typeof body === 'object' && body !== null && 'id' in body) answered.add(String(body.id))
        }
      }
      const load = Promise.all(Array.from({ length: writers }, write))
      await new Promise((resolve) => setTimeout(resolve, 200 + 800 * next()))
      gateway.child.kill('SIGKILL')
      isRunning = false
      await gateway.exited
      await load
    }
    last = await startGateway(options)
    const file = join(home, 'state', 'openclaw.db')
    await eventually(
      'the queue to drain',
      async () => {
        const reader = new DatabaseSync(file, { readOnly: true })
        const row = reader
          .prepare("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE status <> 'delivered'")
          .get()
        reader.close()
        return row?.n === 0 ? true : undefined
      },
      120_000,
    )
    await last.stop()
    const reader = new DatabaseSync(file, { readOnly: true })
    const stored = reader.prepare('SELECT id, payload FROM webhook_events').all()
    const messages = new Set(
      reader
        .prepare('SELECT id FROM messages')
        .all()
        .map(({ id }) => String(id)),
    )
    const complete = reader
      .prepare("SELECT id FROM messages WHERE role = 'assistant' AND status = 'complete'")
      .all()
    reader.close()
    for (const { id } of stored) assert.ok(accepted.has(String(id)), `the event ${id} never arrived`)
    const sent = new Set<string>()
    for (const { event } of receiver.received) {
      assert.ok(
        stored.some(({ id }) => id === event.id),
        `${event.id} has no row`,
      )
      if (event.event === 'conversation.created') continue
      const messageId = String(event.data.messageId)
      assert.ok(messages.has(messageId), `the ${event.event} of ${messageId} has no cause`)
      if (event.event === 'message.sent') sent.add(messageId)
    }
    for (const { id } of complete) assert.ok(sent.has(String(id)), `the reply ${id} was not told of`)
    for (const id of answered) assert.ok(sent.has(id), `the acknowledged reply ${id} was not told of`)
    const duplicates = receiver.received.length - refused - accepted.size
    t.diagnostic(
      `${rounds} rounds: ${stored.length} events, ${receiver.received.length} requests, ${refused} refused, ${duplicates} duplicates (${((100 * duplicates) / stored.length).toFixed(2)} % of the events)`,
    )
    assert.ok(stored.length > 0)
  } finally {
    last?.child.kill('SIGKILL')
    await rm(home, { recursive: true, force: true })
  }
})
