import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEmulator } from 'emulate'
import { createSlackChannel } from '../../src/channels/slack/channel.ts'
import { Names } from '../../src/channels/slack/names.ts'
import { createWebApi } from '../../src/channels/slack/web-api.ts'
import type { OutgoingPart } from '../../src/domain/channels/channel.ts'
import { listAt, textAt } from '../support/json.ts'

// Somebody else's Slack: its Web API alone, it has no Socket Mode.

const botToken = 'xoxb-emulated'
const inTime = (): AbortSignal => AbortSignal.timeout(5000)

test("what goes out is understood by another's emulator of Slack, and its refusals by us", async (t) => {
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      tokens: { [botToken]: { login: 'helper', scopes: ['chat:write'] } },
      slack: {
        team: { name: 'Test', domain: 'test' },
        users: [{ name: 'helper' }, { name: 'ada', real_name: 'Ada Lovelace', email: 'ada@example.com' }],
        channels: [{ name: 'general' }, { name: 'old' }],
      },
    },
  })
  const api = createWebApi(`${emulator.url}/api`)
  const channel = createSlackChannel({ botToken, appToken: 'xapp-none', apiRoot: `${emulator.url}/api/` })
  t.after(async () => {
    await channel.stop()
    api.close()
    await emulator.close()
  })
  const call = async (method: string, args: Record<string, string> = {}) =>
    (await api.call(method, botToken, args, inTime(), 5000)).fields
  const send = (chatId: string, markdown: string, route: OutgoingPart['route'] = {}) => {
    const [part] = channel.render(markdown)
    return channel.send({ chatId, route, text: part?.text ?? '', nonce: 'n', ordinal: 0 }, inTime())
  }

  const [general, old] = listAt(await call('conversations.list'), 'channels').map((room) =>
    textAt(room, 'id'),
  )
  assert.ok(general !== undefined && old !== undefined)
  const id = await send(general, '**bold** & <plain>')
  await send(general, 'below', { threadTs: id })
  const history = listAt(await call('conversations.replies', { channel: general, ts: id }), 'messages')
  assert.deepEqual(
    history.map((message) => textAt(message, 'text')),
    ['*bold* &amp; &lt;plain&gt;', 'below'],
  )

  await assert.rejects(send('C404', 'hi'), { kind: 'chat_unknown' })
  await call('conversations.join', { channel: old })
  await call('conversations.archive', { channel: old })
  await assert.rejects(send(old, 'hi'), { kind: 'chat_closed' })

  const people = listAt(await call('users.list'), 'members')
  const ada = textAt(
    people.find((person) => textAt(person, 'name') === 'ada'),
    'id',
  )
  const moved = await send(ada, 'hi').catch((failure: unknown) => textAt(failure, 'movedTo'))
  assert.match(await send(moved, 'hi'), /^\d+\.\d{6}$/)

  const names = new Names({
    call: async (method, args) => ({ fields: await call(method, args) }),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    nameMs: 2000,
  })
  const known = await names.of([ada, general])
  assert.equal(known.get(general)?.name, 'general')
  assert.match(known.get(ada)?.name ?? '', /^(?:ada|Ada Lovelace)$/)
})
