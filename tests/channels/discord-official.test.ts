import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REST } from '@discordjs/rest'
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws'
import { intents } from '../../src/channels/discord/config.ts'
import { DiscordServer } from '../support/discord-server.ts'
import { eventually } from '../support/eventually.ts'

// The official client reads our fake, so that it is Discord's protocol that the adapter is tested against.
test('the official client connects to our fake, resumes after a cut, and finds nothing wrong with it', async () => {
  await using server = await DiscordServer.start()
  const chat = server.world.addChannel(null)
  server.world.addGuild()
  const rest = new REST({ api: server.apiRoot, version: '10' }).setToken(server.token)
  const manager = new WebSocketManager({ token: server.token, intents, rest, version: '10' })
  const texts: unknown[] = []
  let resumed = 0
  const errors: unknown[] = []
  manager.on(WebSocketShardEvents.Dispatch, ({ t, d }) => {
    if (t === 'MESSAGE_CREATE') texts.push(d.content)
  })
  manager.on(WebSocketShardEvents.Resumed, () => void resumed++)
  manager.on(WebSocketShardEvents.Error, (error) => void errors.push(error))
  await manager.connect()
  try {
    server.say(chat, { content: 'one' })
    server.gateway.close(4000)
    server.say(chat, { content: 'two' })
    await eventually('both messages', () => (texts.length === 2 ? true : undefined))
    assert.deepEqual([texts, resumed, errors], [['one', 'two'], 1, []])
    const posted = await rest.post(`/channels/${chat}/messages`, { body: { content: 'Hello' } })
    assert.equal(server.posted(chat)[0]?.id, Object(posted).id)
    assert.deepEqual(server.gateway.violations, [])
  } finally {
    await manager.destroy()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
})
