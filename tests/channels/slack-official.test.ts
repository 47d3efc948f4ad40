import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLevel, SocketModeClient } from '@slack/socket-mode'
import { WebClient } from '@slack/web-api'
import { eventually } from '../support/eventually.ts'
import { at } from '../support/json.ts'
import { SlackServer } from '../support/slack-server.ts'

// Our fake is only worth something if Slack's own clients take it for Slack.

test("Slack's own Socket Mode client lives with our fake, a refresh too", async () => {
  await using server = await SlackServer.start({ ackMs: 500, pingMs: 200 })
  const client = new SocketModeClient({
    appToken: server.workspace.appToken,
    clientOptions: { slackApiUrl: server.apiRoot },
    clientPingTimeout: 300,
    logLevel: LogLevel.ERROR,
  })
  const heard: unknown[] = []
  client.on('message', ({ event, ack }: { event: unknown; ack: () => Promise<void> }) => {
    heard.push(at(event, 'text'))
    void ack()
  })
  await client.start()
  server.say({ channel: 'D1', text: 'one' })
  await eventually('the first', () => (heard.length === 1 ? true : undefined))
  server.sockets.disconnect('refresh_requested')
  await eventually('the second socket', () => (server.sockets.opened === 2 ? true : undefined))
  server.say({ channel: 'D1', text: 'two' })
  await eventually('the second', () => (heard.length === 2 ? true : undefined))
  await eventually('all acknowledged', () => (server.sockets.unacknowledged.length === 0 ? true : undefined))
  assert.deepEqual(heard, ['one', 'two'])
  await client.disconnect()
  assert.deepEqual(server.workspace.violations, [])
})

test("Slack's own Web API client lives with our fake", async () => {
  await using server = await SlackServer.start()
  const { botToken, appToken } = server.workspace
  const client = new WebClient(botToken, { slackApiUrl: server.apiRoot, retryConfig: { retries: 0 } })
  assert.equal((await client.auth.test()).user_id, 'U0BOT')
  const posted = await client.chat.postMessage({
    channel: 'C1',
    text: 'a &lt; b',
    thread_ts: '1700000000.000100',
  })
  assert.equal(posted.ts, server.workspace.posts[0]?.ts)
  assert.equal((await client.users.info({ user: 'U1' })).user?.profile?.display_name, 'Ada')
  assert.equal((await client.conversations.open({ users: 'U1' })).channel?.id, 'D1')
  assert.equal((await client.conversations.info({ channel: 'C1' })).channel?.name, 'general')
  await assert.rejects(client.chat.postMessage({ channel: 'C404', text: 'x' }), /channel_not_found/)
  await assert.rejects(client.apps.connections.open(), /not_allowed_token_type/)
  const stranger = new WebClient(appToken, { slackApiUrl: server.apiRoot, retryConfig: { retries: 0 } })
  await assert.rejects(stranger.auth.test(), /not_allowed_token_type/)
  assert.deepEqual(server.workspace.violations, [])
})
