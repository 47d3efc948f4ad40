import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maskSecrets } from './secrets.ts'

describe('masking secrets', () => {
  it('hides our own, and whatever looks like a key', () => {
    const secrets = ['hunter2-key']
    for (const text of [
      'hunter2-key',
      'sk-proj-AbCd_1234-efgh5678',
      'Incorrect API key provided: sk-proj-********************************cdef.',
      'sk-ant-api03-abcdef',
      'AIzaSyA1234567890abcdefghijklmnopqrstuv',
      'gsk_abc123def456',
      'Authorization: Bearer abc.def-ghi',
      'https://user:password@example.com/v1',
      '0123456789abcdef0123456789abcdef',
      'oc_tok_abcdefgh12345678',
    ]) {
      const masked = maskSecrets(text, secrets)
      assert.match(masked, /\*\*\*/, text)
      assert.doesNotMatch(masked, /hunter2|AbCd|cdef|abcdef|SyA1|abc123|def-ghi|password/, text)
    }
  })

  it('leaves what people need to read', () => {
    for (const text of [
      'model: claude-sonnet-4-20250514',
      'meta-llama/Llama-3.3-70B-Instruct-Turbo is not available',
      'prompt is too long: 210000 tokens > 200000 maximum',
      'https://platform.openai.com/account/api-keys',
      'request 0190163d-8694-739b-aea5-966c26f8ad91',
      'internationalization_of_all_messages_everywhere',
    ]) {
      assert.equal(maskSecrets(text, []), text)
    }
  })
})
