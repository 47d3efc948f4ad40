import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bareToken, gatewayUrl, intents } from './config.ts'

const open = 'http://127.0.0.1:4000/api'
const secure = 'https://discord.com/api'

it('asks for version 10 in JSON, wherever the address leads', () => {
  assert.equal(gatewayUrl('wss://gateway.discord.gg', secure), 'wss://gateway.discord.gg/?v=10&encoding=json')
  assert.equal(gatewayUrl('ws://127.0.0.1:1/gateway', open), 'ws://127.0.0.1:1/gateway?v=10&encoding=json')
  assert.equal(
    gatewayUrl('wss://gateway.discord.gg/?v=6', secure),
    'wss://gateway.discord.gg/?v=10&encoding=json',
  )
})

it('trusts no address that would take the token unencrypted where the API is encrypted', () => {
  for (const told of [
    'ws://gateway.discord.gg',
    'http://gateway.discord.gg',
    'file:///etc',
    'gateway',
    '',
    7,
    undefined,
  ]) {
    assert.equal(gatewayUrl(told, secure), undefined, String(told))
  }
})

it('takes a token with the word before it', () => {
  assert.deepEqual(['abc', 'Bot abc', ' bot  abc '].map(bareToken), ['abc', 'abc', 'abc'])
})

it('asks for servers, their messages, direct messages and what they say, and nothing else', () => {
  assert.equal(intents, 1 + 512 + 4096 + 32_768)
})
