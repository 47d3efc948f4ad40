import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { type Answer, post } from './support.ts'

// Twenty for the record: OPENCLAW_TEST_KILL_ROUNDS=20 npx node --test tests/idempotency/kill.test.ts
const rounds = Number(process.env.OPENCLAW_TEST_KILL_ROUNDS ?? 2)
const writers = 32

/** What a writer has asked, with the answer that it got. */
interface Asked {
  readonly key: string
  readonly body: { readonly message: string; readonly conversationId: string }
  readonly answer: Answer | undefined
}

test(`kill -9 under ${writers} writers, ${rounds} times: whoever asks again gets the first answer, or the turn's only one`, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-keys-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(home, { recursive: true, force: true }))
  let acknowledged = 0
  let lost = 0
  let asked = 0
  for (let round = 0; round < rounds; round++) {
    const gateway = await startGateway({ home })
    stack.defer(() => gateway.stop())
    const all = await killUnderLoad(gateway, round)
    const again = await startGateway({ home })
    stack.defer(() => again.stop())
    for (const one of all) {
      await mustHold(again, one)
      if (one.answer) acknowledged++
      else lost++
    }
    asked += all.length
    const usage: unknown = await (await again.call('GET', '/api/v1/usage?groupBy=model')).json()
    assert.equal(numberAt(usage, 'data', 0, 'requests'), asked, 'each turn is billed once')
    await again.stop()
  }
  assert.ok(acknowledged > writers && lost > 0, `${acknowledged} acknowledged, ${lost} lost`)
  t.diagnostic(`${acknowledged} acknowledged answers and ${lost} lost ones: all the same when asked again`)
})

async function killUnderLoad(gateway: RunningGateway, round: number): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  let answered = 0
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const key = `key-${round}-${writer}-${n}`
      const body = { message: `echo ${key}`, conversationId: key }
      const answer = await post(gateway.url, gateway.token, body, { key }).catch(() => undefined)
      asked.push({ key, body, answer })
      if (!answer) return
      assert.equal(answer.status, 200)
      // By answers, not by the clock: a slow machine has as many. Then a moment, somewhere in the middle of a commit.
      if (++answered === writers + 10) setTimeout(() => gateway.child.kill('SIGKILL'), 100 + 37 * round)
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  assert.deepEqual(await gateway.exited, [null, 'SIGKILL'])
  return asked
}

async function mustHold(gateway: RunningGateway, { key, body, answer }: Asked): Promise<void> {
  const copy = await post(gateway.url, gateway.token, body, { key })
  assert.equal(copy.status, 200)
  if (answer) assert.deepEqual([copy.isReplay, copy.text], [true, answer.text])
  const stored: unknown = await (await gateway.call('GET', `/api/v1/conversations/${key}`)).json()
  const replies = listAt(stored, 'messages').filter((message) => at(message, 'role') === 'assistant')
  assert.deepEqual(
    replies.map((reply) => [at(reply, 'id'), at(reply, 'content'), at(reply, 'status')]),
    [[textAt(JSON.parse(copy.text), 'id'), key, 'complete']],
  )
}
