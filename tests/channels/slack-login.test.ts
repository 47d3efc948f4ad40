import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { slackStage } from '../support/slack-stage.ts'
import { no, tooMany } from '../support/slack-web-methods.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

for (const [what, settings, words] of [
  ['a bot token that Slack does not know', { botToken: 'xoxb-wrong' }, [/bot token.*invalid_auth/, /xoxb-/]],
  [
    'an app-level token that Slack does not know',
    { appToken: 'xapp-wrong' },
    [/app-level token.*invalid_auth/, /Enable Socket Mode.*connections:write/],
  ],
] as const) {
  test(`${what} is tried once, then seldom, and named with what to do`, async (t) => {
    const { server, link, create, disconnected } = await slackStage(t)
    create(settings).start(link)
    await disconnected(words[0])
    assert.match(link.status?.remedy ?? '', words[1])
    await pause(200)
    assert.equal(server.callsOf('auth.test').length, 1)
    await eventually('another try', () => (server.callsOf('auth.test').length === 2 ? true : undefined))
    assert.doesNotMatch(link.shown, /xoxb-wrong|xapp-wrong/)
  })
}

test('tokens that were swapped are told apart', async (t) => {
  const { server, link, create, disconnected } = await slackStage(t)
  const { botToken, appToken } = server.settings
  create({ botToken: appToken, appToken: botToken }).start(link)
  await disconnected(/bot token.*not_allowed_token_type/)
  assert.match(link.status?.remedy ?? '', /xoxb-/)
})

for (const word of ['account_inactive', 'token_revoked', 'not_authed', 'token_expired']) {
  test(`${word} is a login that cannot work, and works once it does`, async (t) => {
    const { server, link, channel, connected, disconnected } = await slackStage(t)
    server.answer('auth.test', no(word))
    channel.start(link)
    await disconnected(new RegExp(word))
    await connected()
  })
}

test('a scope that a token lacks is named', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  server.answer('apps.connections.open', no('missing_scope', { needed: 'connections:write', provided: '' }))
  channel.start(link)
  await disconnected(/app-level token.*connections:write/)
  await connected()
})

test('a bot that may not write says so before anybody writes to it', async (t) => {
  const { server, link, channel, disconnected } = await slackStage(t)
  server.workspace.scopes = 'app_mentions:read,users:read'
  channel.start(link)
  await disconnected(/lacks the scope chat:write/)
  assert.match(link.status?.remedy ?? '', /reinstall/)
})

for (const [what, answer] of [
  ['a 429', tooMany(1)],
  ['a 500', { status: 500, body: '<html>oops</html>' }],
  ['a page of a proxy', { body: '<html>sign in</html>' }],
  ['fatal_error', no('fatal_error')],
] as const) {
  test(`${what} at the login is trouble that passes`, async (t) => {
    const { server, link, channel, connected, disconnected } = await slackStage(t)
    server.answer('apps.connections.open', answer)
    channel.start(link)
    await disconnected(/Slack/)
    assert.equal(link.status?.remedy, undefined)
    const at = performance.now()
    await connected()
    assert.ok(what !== 'a 429' || performance.now() - at > 800)
  })
}

test('a root without a slash at its end is the same root', async (t) => {
  const { server, link, create, connected } = await slackStage(t)
  create({ apiRoot: server.apiRoot.replace(/\/$/, '') }).start(link)
  await connected()
})

test('a socket’s address that is no WebSocket is refused, and not shown', async (t) => {
  const { server, link, channel, disconnected } = await slackStage(t)
  server.answer('apps.connections.open', { body: { ok: true, url: 'http://127.0.0.1/?ticket=secret' } }, 99)
  channel.start(link)
  await disconnected(/no address/)
})

test('Socket Mode that is switched off says what to do, and is tried seldom', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  channel.start(link)
  await connected()
  server.sockets.disconnect('link_disabled')
  await disconnected(/Socket Mode was disabled/)
  assert.match(link.status?.remedy ?? '', /Enable Socket Mode/)
  await pause(200)
  assert.equal(server.callsOf('apps.connections.open').length, 1)
  await connected()
})

test('a bot token that is revoked while we are connected shows with the first message that it refuses', async (t) => {
  const { server, link, channel, connected, disconnected } = await slackStage(t)
  channel.start(link)
  await connected()
  server.answer('chat.postMessage', no('token_revoked'))
  server.answer('auth.test', no('token_revoked'))
  const part = { chatId: 'D1', route: {}, text: 'hi', nonce: 'n', ordinal: 0 }
  await assert.rejects(channel.send(part, AbortSignal.timeout(5000)), { kind: 'login_refused' })
  await disconnected(/bot token.*token_revoked/)
  await connected()
})
