import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelAccess, channelSections } from '../../src/config/channel-settings.ts'
import { loadText } from './support.ts'

test('a token in the environment alone configures its channel, with every default, and is named as the source', () => {
  const { config, channelsFromEnvironment, problems } = loadText('{}', { TELEGRAM_BOT_TOKEN: ' 1:abc ' })
  const [section, ...others] = channelSections(config.channels)
  assert.deepEqual(others, [])
  assert.equal(section?.name, 'telegram')
  assert.equal(section?.settings?.apiRoot, 'https://api.telegram.org')
  assert.equal(config.channels.telegram?.botToken, '1:abc')
  assert.deepEqual(channelsFromEnvironment, [
    { channel: 'telegram', variables: ['TELEGRAM_BOT_TOKEN'], alone: true },
  ])
  assert.deepEqual(problems, [])
  assert.deepEqual(channelAccess(config.channels), [
    { name: 'telegram', dmPolicy: 'pairing', allowFrom: [], groupPolicy: 'open', rooms: Object.create(null) },
  ])
})

test('a channel that the file switches off stays off, whatever the environment holds', () => {
  const { config } = loadText('{ channels: { discord: { enabled: false } } }', { DISCORD_BOT_TOKEN: 'abc' })
  assert.deepEqual(channelSections(config.channels), [])
  assert.deepEqual(channelAccess(config.channels), [])
})

test('the file’s own token counts before that of the environment', () => {
  const text = '{ channels: { discord: { token: "mine" } } }'
  const { config, channelsFromEnvironment } = loadText(text, { DISCORD_BOT_TOKEN: 'theirs' })
  assert.equal(config.channels.discord?.token, 'mine')
  assert.deepEqual(channelsFromEnvironment, [])
})

test('Slack needs both of its tokens: one in the environment alone starts nothing, and completes the file’s other one', () => {
  const one = loadText('{}', { SLACK_BOT_TOKEN: 'xoxb-1' })
  assert.deepEqual(channelSections(one.config.channels), [])
  const both = loadText('{}', { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' })
  assert.equal(channelSections(both.config.channels)[0]?.name, 'slack')
  const mixed = loadText('{ channels: { slack: { botToken: "xoxb-2" } } }', { SLACK_APP_TOKEN: 'xapp-1' })
  const [section] = channelSections(mixed.config.channels)
  assert.deepEqual([section?.name, mixed.config.channels.slack?.appToken], ['slack', 'xapp-1'])
  assert.deepEqual(mixed.channelsFromEnvironment, [
    { channel: 'slack', variables: ['SLACK_APP_TOKEN'], alone: false },
  ])
})

test('a channel without a token is a warning that names both places, and is shown with the remedy', () => {
  const { config, problems } = loadText('{ channels: { telegram: {} } }')
  assert.deepEqual(
    problems.map(({ severity, path }) => [severity, path]),
    [['warning', 'channels.telegram']],
  )
  assert.match(problems[0]?.sentence ?? '', /botToken.*TELEGRAM_BOT_TOKEN/)
  const [section] = channelSections(config.channels)
  assert.equal(section?.settings, null)
})

test('what cannot be a token is none', () => {
  for (const value of ['', '  ', 'two\nlines', 'ümlaut']) {
    assert.deepEqual(channelSections(loadText('{}', { TELEGRAM_BOT_TOKEN: value }).config.channels), [])
  }
})
