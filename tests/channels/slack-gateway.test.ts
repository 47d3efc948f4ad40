import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { SlackServer } from '../support/slack-server.ts'
import { tooMany } from '../support/slack-web-methods.ts'
import { useHome } from './support.ts'

const limitMs = 20_000

function configOf(server: SlackServer) {
  const open = { dmPolicy: 'open', allowFrom: ['*'] }
  const channels = { C1: { requireMention: true }, C3: {}, C4: {} }
  return { channels: { slack: { ...server.settings, ...open, channels } } }
}

async function connected(gateway: RunningGateway): Promise<void> {
  await eventually(
    'Slack to be connected',
    async () => {
      const health: unknown = await (await gateway.call('GET', '/health/detail')).json()
      return at(health, 'channels', 'slack', 'status') === 'connected' ? true : undefined
    },
    limitMs,
  )
}

test('a gateway as a user starts it answers where it should, sends, and shows no secret', async (t) => {
  await using server = await SlackServer.start()
  const gateway = await startGateway({ config: configOf(server) })
  t.after(() => gateway.stop())
  await connected(gateway)
  const { posts } = server.workspace
  const posted = (count: number) =>
    eventually(`${count} posts`, () => (posts.length >= count ? posts : undefined), limitMs)

  server.say({ channel: 'D1', text: 'echo one &amp; &lt;two&gt;' })
  await posted(1)
  server.mention({ channel: 'C1', text: 'echo in the thread', thread: '1690000000.000100' })
  await posted(2)
  server.mention({ channel: 'C1', text: 'echo in the channel' })
  await posted(3)
  // Not listed, and not addressed.
  server.mention({ channel: 'C2', text: 'echo never' })
  server.say({ channel: 'C1', text: 'echo never' })
  server.say({ channel: 'D2', text: 'echo last', user: 'U2' })
  await posted(4)
  assert.deepEqual(
    posts.map(({ channel, text, thread }) => [channel, text, thread]),
    [
      ['D1', 'one &amp; &lt;two&gt;', undefined],
      ['C1', 'in the thread', '1690000000.000100'],
      ['C1', 'in the channel', undefined],
      ['D2', 'last', undefined],
    ],
  )

  const send = async (chatId: string, message = '**Hi** <b> & [x](https://example.com/?a=1&b=2)') => {
    const answer = await gateway.call('POST', '/api/v1/send', { channel: 'slack', chatId, message })
    const body: unknown = await answer.json()
    return { status: answer.status, body }
  }
  const sent = await send('C1')
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  assert.equal(posts.at(-1)?.text, '*Hi* &lt;b&gt; &amp; <https://example.com/?a=1&amp;b=2|x>')
  assert.equal(textAt(sent.body, 'externalIds', 0), posts.at(-1)?.ts)
  for (const message of ['to Ada', 'to Ada again']) {
    const toAda = await send('U1', message)
    assert.deepEqual([toAda.status, at(toAda.body, 'chatId'), posts.at(-1)?.channel], [200, 'D1', 'D1'])
  }
  const known: unknown = await (await gateway.call('GET', '/api/v1/conversations?channel=slack')).json()
  const chats = listAt(known, 'data').map((conversation) => textAt(conversation, 'chatId'))
  assert.deepEqual(chats.toSorted(), ['C1', 'D1', 'D2'])

  server.answer('chat.postMessage', tooMany(1), 2, 1)
  const before = posts.length
  const signs = Array.from({ length: 1500 }, (_, i) => `&<${i}>&`).join(' ')
  const long = await send('C1', signs)
  assert.equal(long.status, 200, JSON.stringify(long.body))
  const parts = posts.slice(before).map(({ text }) => text)
  assert.ok(parts.length > 3)
  const read = parts.join(' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  assert.equal(read, signs)

  const unknown = await send('C404')
  assert.deepEqual([unknown.status, at(unknown.body, 'error')], [400, 'invalid_request'])
  const archived = await send('C3')
  assert.deepEqual([archived.status, at(archived.body, 'error')], [502, 'channel_error'])
  assert.match(textAt(archived.body, 'message'), /is_archived/)
  assert.deepEqual(server.workspace.violations, [])
  assert.doesNotMatch(gateway.output(), /xoxb-|xapp-|ticket=|verification-token/)
})

test('kill -9 in between: each message is answered, and once but for the part that was on its way', {
  timeout: 120_000,
}, async (t) => {
  const rounds = 3
  const perRound = 40
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await SlackServer.start({ ackMs: 1000 }))
  const home = await useHome(stack)
  for (let chat = 0; chat < 8; chat++) server.workspace.rooms.set(`D9${chat}`, { user: `U9${chat}` })
  let asked = 0
  for (let round = 0; round <= rounds; round++) {
    const gateway = await startGateway({ config: configOf(server), home })
    stack.defer(() => gateway.stop())
    await connected(gateway)
    if (round === rounds) break
    for (let i = 0; i < perRound; i++) {
      const chat = asked % 8
      server.say({
        channel: `D9${chat}`,
        user: `U9${chat}`,
        text: `echo m${String(asked++).padStart(4, '0')}`,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 20 + 130 * round))
    gateway.child.kill('SIGKILL')
    await gateway.exited
  }
  const { posts } = server.workspace
  await eventually(
    'every answer',
    () => (new Set(posts.map(({ text }) => text)).size >= asked ? true : undefined),
    60_000,
  )
  const copies = posts.length - asked
  t.diagnostic(`${rounds} kills, ${asked} messages: all answered, ${copies} parts twice`)
  assert.ok(copies <= rounds * 8)
  for (let chat = 0; chat < 8; chat++) {
    const texts = posts.filter(({ channel }) => channel === `D9${chat}`).map(({ text }) => text)
    assert.deepEqual(texts, texts.toSorted())
  }
  await eventually('every acknowledgement', () =>
    server.sockets.unacknowledged.length === 0 ? true : undefined,
  )
  assert.deepEqual(server.workspace.violations, [])
})
