import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusesTemperature as claudeRefuses } from './anthropic/config.ts'
import { limitsOf, modelInfoOf } from './known-models.ts'
import { refusesTemperature as gptRefuses, isChatModel, maxTokensFieldOf } from './openai/config.ts'

describe('what is known of models', () => {
  it('limits by id, with or without the maker in front', () => {
    const table: Readonly<Record<string, readonly [number, number] | undefined>> = {
      'claude-opus-5-5': [1_000_000, 128_000],
      'claude-haiku-5-5': [1_000_000, 128_000],
      'claude-sonnet-4-6': [1_000_000, 128_000],
      'claude-haiku-4-5-20251001': [200_000, 64_000],
      'claude-sonnet-4-20250514': [200_000, 64_000],
      'claude-opus-4-1-20250805': [200_000, 32_000],
      'claude-3-haiku-20240307': [200_000, 4096],
      'anthropic/claude-opus-4.7': [1_000_000, 128_000],
      'gpt-6.1-sol': [1_050_000, 128_000],
      'gpt-5.4': [1_050_000, 128_000],
      'gpt-5.4-mini': [400_000, 128_000],
      'gpt-5-mini-2025-08-07': [400_000, 128_000],
      'gpt-5-chat-latest': [128_000, 16_384],
      'gpt-4.1-nano': [1_047_576, 32_768],
      'openai/gpt-4o-mini': [128_000, 16_384],
      'gpt-4': [8192, 8192],
      'o4-mini': [200_000, 100_000],
      'gemini-2.5-flash': [1_048_576, 65_536],
      'gemini-2.5-flash-image': undefined,
      'gpt-9000': undefined,
      'claude-10': undefined,
      'llama3.3': undefined,
    }
    for (const [id, limits] of Object.entries(table)) {
      const expected = limits && { contextWindow: limits[0], maxOutputTokens: limits[1] }
      assert.deepEqual(limitsOf(id), expected, id)
    }
  })

  it('what the provider tells wins over what is known', () => {
    const told = modelInfoOf({ id: 'gpt-4o', contextWindow: 7, maxOutputTokens: 0 })
    assert.deepEqual(told, {
      id: 'gpt-4o',
      name: 'gpt-4o',
      contextWindow: 7,
      maxOutputTokens: 16_384,
      images: true,
    })
  })

  it('which models take no temperature', () => {
    for (const id of [
      'claude-opus-4-7',
      'claude-opus-4-8',
      'claude-sonnet-5',
      'claude-haiku-5-5',
      'claude-fable-5-1',
      'claude-opus-5-5-20261001',
    ]) {
      assert.ok(claudeRefuses(id), id)
    }
    for (const id of [
      'claude-sonnet-4-5',
      'claude-opus-4-6',
      'claude-opus-4-20250514',
      'claude-3-5-haiku-latest',
    ]) {
      assert.ok(!claudeRefuses(id), id)
    }
    for (const id of [
      'o1',
      'o3-mini',
      'o4-mini-2025-04-16',
      'gpt-5',
      'gpt-5-mini',
      'gpt-5-2025-08-07',
      'gpt-5.6-luna',
      'gpt-6-astra',
      'openai/o3',
    ]) {
      assert.ok(gptRefuses(id), id)
    }
    for (const id of [
      'gpt-4o',
      'gpt-4.1',
      'gpt-5.2',
      'gpt-5-chat-latest',
      'gpt-3.5-turbo',
      'olmo-2',
      'llama3.3',
    ]) {
      assert.ok(!gptRefuses(id), id)
    }
  })

  it('OpenAI’s list is freed of what does not chat; other servers’ lists are believed', () => {
    const settings = { name: 'x', api: 'openai-completions', baseUrl: 'https://api.openai.com/v1' } as const
    for (const id of ['gpt-4o', 'gpt-5.5', 'o3', 'chatgpt-4o-latest', 'gpt-4o-search-preview', 'gpt-6-sol']) {
      assert.ok(isChatModel(settings, id), id)
    }
    for (const id of [
      'text-embedding-3-large',
      'tts-1-hd',
      'whisper-1',
      'dall-e-3',
      'omni-moderation-latest',
      'gpt-image-1',
      'sora-2',
      'gpt-realtime',
      'gpt-4o-transcribe',
      'babbage-002',
      'gpt-3.5-turbo-instruct',
      'gpt-5-pro',
      'gpt-5.5-pro-2026-04-23',
      'o3-deep-research',
    ]) {
      assert.ok(!isChatModel(settings, id), id)
    }
    assert.ok(
      isChatModel({ ...settings, baseUrl: 'http://127.0.0.1:11434/v1' }, 'nomic-embed-text-embedding'),
    )
  })

  it('OpenAI’s own API limits answers by another field than the compatible ones', () => {
    const settings = { name: 'x', api: 'openai-completions', baseUrl: 'https://api.openai.com/v1' } as const
    assert.equal(maxTokensFieldOf(settings), 'max_completion_tokens')
    assert.equal(maxTokensFieldOf({ ...settings, baseUrl: 'https://openrouter.ai/api/v1' }), 'max_tokens')
    assert.equal(maxTokensFieldOf({ ...settings, maxTokensField: 'max_tokens' }), 'max_tokens')
  })
})
