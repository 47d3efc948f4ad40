import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DiscordServer } from '../support/discord-server.ts'
import { botUser, userOf } from '../support/discord-world.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { startJointWorld } from '../support/joint-platforms.ts'
import { at, listAt } from '../support/json.ts'
import { type Ran, runProgram } from '../support/run-program.ts'
import { SlackServer } from '../support/slack-server.ts'
import { startTelegramServer } from '../support/telegram-server.ts'

const waitMs = 20_000
const names = ['telegram', 'discord', 'slack']
const program = join(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')

async function statusesAre(gateway: RunningGateway, wanted: string): Promise<unknown> {
  return await eventually(
    `all to be ${wanted}`,
    async () => {
      const body: unknown = await (await gateway.call('GET', '/health/detail')).json()
      const all = names.map((name) => at(body, 'channels', name, 'status'))
      return all.every((status) => status === wanted) ? at(body, 'channels') : undefined
    },
    waitMs,
  )
}

function cli(gateway: RunningGateway, ...args: readonly string[]): Promise<Ran> {
  const env = {
    HOME: gateway.home,
    OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
    OPENCLAW_TOKEN: gateway.token,
  }
  const place =
    args[0] === 'pairing' ? ['--config', join(gateway.home, 'openclaw.json5')] : ['--url', gateway.url]
  return runProgram(process.execPath, [program, ...args, ...place], env)
}

test('wrong tokens on all channels leave the gateway up, which says so, shows none of them and does not hammer', async (t) => {
  await using stack = new AsyncDisposableStack()
  const telegram = stack.use(await startTelegramServer())
  const discord = stack.use(await DiscordServer.start())
  const slack = stack.use(await SlackServer.start())
  const secrets = [
    '700100:AAWrongTokenOfTheTests_0123456789xyz',
    'MTA3MTAwMDAwMDAwMDAwMDAwMQ.wrong.token-of-the-tests',
    'xoxb-1111-wrong-token-of-the-tests',
    'xapp-1-A0APP-wrong-token-of-the-tests',
  ]
  const [telegramToken, discordToken, botToken, appToken] = secrets
  const gateway = await startGateway({
    config: {
      channels: {
        telegram: { botToken: telegramToken, apiRoot: telegram.url },
        discord: { token: discordToken, apiRoot: discord.apiRoot },
        slack: { botToken, appToken, apiRoot: slack.apiRoot },
      },
    },
  })
  stack.defer(() => gateway.stop())
  const health = await statusesAre(gateway, 'disconnected')
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const calls = { telegram: telegram.strangers, discord: discord.calls.length, slack: slack.calls.length }
  t.diagnostic(`calls in 5 s: ${JSON.stringify(calls)}`)
  t.diagnostic(JSON.stringify(health))
  for (const [name, count] of Object.entries(calls)) assert.ok(count <= 2, `${name}: ${count} calls`)
  for (const name of names) {
    assert.match(`${at(health, name, 'lastError')} ${at(health, name, 'remedy')}`, /token/i)
    const chatId = '1071000000000000009'
    const sent = await gateway.call('POST', '/api/v1/send', { channel: name, chatId, message: 'x' })
    assert.deepEqual([sent.status, at(await sent.json(), 'error')], [503, 'channel_disconnected'])
  }
  assert.equal((await gateway.call('GET', '/health')).status, 200)
  const printed = `${JSON.stringify(health)}${gateway.output()}`
  for (const secret of secrets) assert.ok(!printed.includes(secret))
})

test('strangers on all channels are let in by the command line while the gateway runs, and it sends to them', {
  timeout: 90_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack()
  const { platforms, config, provider } = stack.use(await startJointWorld(1))
  const channels = Object.fromEntries(platforms.map(({ name, section }) => [name, section]))
  const gateway = await startGateway({ config: { ...config, channels } })
  stack.defer(() => gateway.stop())
  await statusesAre(gateway, 'connected')
  for (const platform of platforms) {
    platform.say(0, 'let me in')
    const notice = await eventually('a code', () => platform.posted(0)[0], waitMs)
    const code = /approve \w+ ([A-HJ-NP-Z2-9]{8})/.exec(notice)?.[1]
    assert.ok(code, notice)
    const approved = await cli(gateway, 'pairing', 'approve', platform.name, code)
    assert.equal(approved.code, 0, approved.stderr)
    platform.say(0, 'hello')
    assert.equal(await eventually('an answer', () => platform.posted(0)[1], waitMs), 're hello')
    const sent = await cli(gateway, 'send', platform.name, platform.chatId(0), '**told** by hand')
    assert.equal(sent.code, 0, sent.stderr)
    assert.match(platform.posted(0)[2] ?? '', /told\W* by hand/)
  }
  assert.equal(provider.requests.filter(({ path }) => path.endsWith('/completions')).length, 3)
  const probed = await cli(gateway, 'channels', 'status', '--probe', '--json')
  t.diagnostic(probed.stdout.slice(0, 600))
  assert.equal(probed.code, 0, probed.stderr)
  const rows = listAt(JSON.parse(probed.stdout), 'data')
  assert.equal(rows.length, 3)
  await gateway.stop()
  const [telegram] = platforms
  const alone = await cli(gateway, 'send', 'telegram', telegram?.chatId(0) ?? '', 'nobody is there')
  t.diagnostic(`without a gateway: ${alone.code} ${alone.stderr}`)
  assert.equal(alone.code, 6)
})

test('another bot is not answered, in a room where everybody is', async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await DiscordServer.start())
  const guildId = server.world.addGuild()
  const room = server.world.addChannel(guildId)
  const guilds = { [guildId]: { requireMention: false } }
  const gateway = await startGateway({
    config: {
      models: { default: 'demo' },
      channels: { discord: { token: server.token, apiRoot: server.apiRoot, guilds } },
    },
  })
  stack.defer(() => gateway.stop())
  await eventually('Discord', () => (server.gateway.attached > 0 ? true : undefined), waitMs)
  const bot = userOf('1071000000000000077', 'otherbot', { bot: true })
  server.say(room, { content: `<@${botUser.id}> echo to a bot`, author: bot, mentions: [botUser] })
  server.say(room, { content: 'echo to a person' })
  await eventually('an answer', () => server.posted(room)[0], waitMs)
  assert.deepEqual(
    server.posted(room).map(({ content }) => content),
    ['to a person'],
  )
})
