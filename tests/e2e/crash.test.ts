import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RunningGateway, startGateway } from '../support/gateway.ts'

const rounds = Number(process.env.CRASH_ROUNDS ?? 3)
const writers = 32

interface Acknowledged {
  readonly conversationId: string
  readonly id: string
  readonly content: string
}

test(`${rounds} times kill -9 under ${writers} writers: every acknowledged turn is there after the restart`, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-crash-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(home, { recursive: true, force: true }))
  let acknowledged = 0
  for (let round = 0; round < rounds; round++) {
    const gateway = await startGateway({ home })
    stack.defer(() => gateway.stop())
    const turns = await killUnderLoad(gateway, 100 + round * 37)
    const again = await startGateway({ home })
    stack.defer(() => again.stop())
    for (const turn of turns) await mustStand(again, turn)
    acknowledged += turns.length
    await again.stop()
  }
  assert.ok(acknowledged > rounds * writers, `only ${acknowledged} turns were acknowledged`)
  t.diagnostic(`${acknowledged} acknowledged turns, none lost`)
})

async function killUnderLoad(gateway: RunningGateway, afterMs: number): Promise<readonly Acknowledged[]> {
  const turns: Acknowledged[] = []
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const content = `writer ${writer} turn ${n}`
      const reply = await gateway
        .call('POST', '/api/v1/chat', { message: `echo ${content}` })
        .then(acknowledgedIn, () => null)
      if (reply === null) return
      turns.push({ ...reply, content })
      // By answers, not by the clock alone: a slow machine has as many.
      if (turns.length === writers + 10) setTimeout(() => gateway.child.kill('SIGKILL'), afterMs)
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  assert.deepEqual(await gateway.exited, [null, 'SIGKILL'])
  return turns
}

async function acknowledgedIn(response: Response): Promise<Omit<Acknowledged, 'content'>> {
  assert.equal(response.status, 200)
  const body: unknown = await response.json()
  assert.ok(typeof body === 'object' && body !== null && 'id' in body && 'conversationId' in body)
  return { id: String(body.id), conversationId: String(body.conversationId) }
}

async function mustStand(
  gateway: RunningGateway,
  { conversationId, id, content }: Acknowledged,
): Promise<void> {
  const response = await gateway.call('GET', `/api/v1/conversations/${conversationId}`)
  assert.equal(response.status, 200, `the conversation of ${content} is lost`)
  const body: unknown = await response.json()
  assert.ok(typeof body === 'object' && body !== null && 'messages' in body && Array.isArray(body.messages))
  const [question, reply] = body.messages
  assert.equal(question.content, `echo ${content}`)
  assert.deepEqual(
    [question.status, reply.id, reply.content, reply.status],
    ['complete', id, content, 'complete'],
  )
}
