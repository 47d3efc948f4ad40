import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret, startSimpleGateway, useHome } from '../channels/support.ts'
import { eventually } from '../support/eventually.ts'
import { numberAt, textAt } from '../support/json.ts'
import { startSimplePlatform } from '../support/simple-platform.ts'
import { type Answer, post } from './support.ts'

const message = { channel: 'telegram', chatId: 'chat-1', message: 'Your order is ready.' }
const path = '/api/v1/send'
const busy = { status: 503, body: { error: 'busy', retryAfterMs: 50 } } as const

test('a message is posted once for its key: copies, a restart and kill -9 change nothing of it', async () => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const platform = stack.use(await startSimplePlatform())
  let gateway = await startSimpleGateway(home, { telegram: platform.url })
  stack.defer(() => gateway.stop())
  const send = (key: string, body: object = message): Promise<Answer> =>
    post(gateway.url, secret, body, { key, path })
  const restart = async (): Promise<void> => {
    await gateway.kill()
    gateway = await startSimpleGateway(home, { telegram: platform.url })
  }

  const copies = await Promise.all(Array.from({ length: 50 }, () => send('a')))
  const [first, ...others] = copies.filter(({ status, isReplay }) => status === 200 && !isReplay)
  assert.ok(first)
  assert.deepEqual(others, [])
  for (const { status, text } of copies) {
    if (status === 200) assert.equal(text, first.text)
    else assert.deepEqual([status, textAt(JSON.parse(text), 'error')], [409, 'idempotency_conflict'])
  }
  assert.equal(platform.posted.length, 1)

  await restart()
  const replayed = await send('a')
  assert.deepEqual([replayed.status, replayed.isReplay, replayed.text], [200, true, first.text])
  assert.equal((await send('a', { ...message, message: 'Another one.' })).status, 422)

  // Killed while the platform does not take it yet.
  platform.take = () => busy
  const tries = platform.tries()
  const lost = send('b').catch(() => 'lost')
  await eventually('the post to be tried', () => (platform.tries() > tries ? true : undefined))
  await restart()
  assert.equal(await lost, 'lost')
  const waiting = await send('b')
  assert.deepEqual([waiting.status, textAt(JSON.parse(waiting.text), 'error')], [409, 'idempotency_conflict'])
  platform.take = () => 'take'
  const settled = await eventually('the message to be sent', async () => {
    const answer = await send('b')
    return answer.status === 409 ? undefined : answer
  })
  assert.deepEqual([settled.status, settled.isReplay], [200, true])
  assert.equal(textAt(JSON.parse(settled.text), 'status'), 'sent')
  assert.deepEqual([(await send('b')).text, platform.posted.length], [settled.text, 2])

  // Killed when the platform has taken it and the gateway does not know: it is posted again by the same nonce, so that it shows once.
  platform.take = () => 'cut'
  const cut = send('c').catch(() => 'lost')
  await eventually('the post to be taken', () => (platform.posted.length > 2 ? true : undefined))
  await restart()
  await cut
  platform.take = () => 'take'
  await eventually('the answer', async () => ((await send('c')).status === 200 ? true : undefined))
  assert.equal(new Set(platform.posted.map(({ nonce }) => nonce)).size, 3)

  const conversation = textAt(JSON.parse(first.text), 'conversationId')
  const stored: unknown = await (await gateway.call('GET', `/api/v1/conversations/${conversation}`)).json()
  assert.equal(numberAt(stored, 'messageCount'), 3)
})

test('what the platform refuses for good is kept where it is the caller’s own mistake, and tried anew where it is not', async () => {
  await using stack = new AsyncDisposableStack()
  const platform = stack.use(await startSimplePlatform())
  const gateway = await startSimpleGateway(await useHome(stack), { telegram: platform.url })
  stack.defer(() => gateway.stop())
  const send = (key: string, body: object = message): Promise<Answer> =>
    post(gateway.url, secret, body, { key, path })

  platform.take = () => ({ status: 400, body: { error: 'chat not found' } })
  const unknown = await send('unknown-chat')
  const tries = platform.tries()
  const again = await send('unknown-chat')
  assert.deepEqual([unknown.status, again.status, again.isReplay], [400, 400, true])
  assert.deepEqual([again.text, platform.tries()], [unknown.text, tries])

  const nowhere = { ...message, channel: 'nowhere' }
  assert.equal((await send('no-channel', nowhere)).status, 404)
  assert.ok((await send('no-channel', nowhere)).isReplay)

  platform.take = () => ({ status: 422, body: { error: 'not today' } })
  assert.equal((await send('refused')).status, 502)
  platform.take = () => 'take'
  const taken = await send('refused')
  assert.deepEqual([taken.status, taken.isReplay, platform.posted.length], [200, false, 1])
})
