import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loopbackOllama } from '../../src/providers/discover.ts'
import { discoverProviders } from '../../src/providers/index.ts'
import { eventually } from '../support/eventually.ts'
import { startOpenAiServer } from '../support/openai-server.ts'
import { withSilentListener } from '../support/provider-silent-listener.ts'

const signal = new AbortController().signal
const nowhere = 'http://127.0.0.1:9'

describe('discovery without configuration', () => {
  it('finds nothing in an empty environment, and says where it looked', async () => {
    const { settings, lookedAt } = await discoverProviders({}, { signal, ollamaUrl: nowhere })
    assert.deepEqual(settings, [])
    assert.deepEqual(lookedAt, [
      { what: 'ANTHROPIC_API_KEY', found: false },
      { what: 'OPENAI_API_KEY', found: false },
      { what: 'GEMINI_API_KEY', found: false },
      { what: 'OPENROUTER_API_KEY', found: false },
      { what: 'Ollama on 127.0.0.1:9', found: false },
    ])
  })

  it('makes a provider of each key, at its maker’s address or at the one in the environment', async () => {
    const env = {
      ANTHROPIC_API_KEY: ' a-key\n',
      OPENAI_API_KEY: 'o-key',
      OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1',
      GEMINI_API_KEY: 'g-key',
      OPENROUTER_API_KEY: 'r-key',
    }
    const { settings } = await discoverProviders(env, { signal, ollamaUrl: nowhere })
    assert.deepEqual(settings, [
      { name: 'anthropic', api: 'anthropic-messages', baseUrl: 'https://api.anthropic.com', apiKey: 'a-key' },
      { name: 'openai', api: 'openai-completions', baseUrl: 'http://127.0.0.1:8000/v1', apiKey: 'o-key' },
      {
        name: 'gemini',
        api: 'openai-completions',
        baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
        apiKey: 'g-key',
      },
      {
        name: 'openrouter',
        api: 'openai-completions',
        baseUrl: 'https://openrouter.ai/api/v1',
        apiKey: 'r-key',
      },
    ])
  })

  it('does not take blank keys for keys, nor anything for a URL', async () => {
    const env = { ANTHROPIC_API_KEY: '  ', OPENAI_API_KEY: 'o-key', OPENAI_BASE_URL: 'localhost' }
    const { settings, lookedAt } = await discoverProviders(env, { signal, ollamaUrl: nowhere })
    assert.deepEqual(
      settings.map((found) => found.baseUrl),
      ['https://api.openai.com/v1'],
    )
    assert.ok(lookedAt.some(({ what, found }) => /OPENAI_BASE_URL/.test(what) && !found))
  })

  it('finds an Ollama that answers, and its models', async () => {
    await using server = await startOpenAiServer({ apiKey: null })
    // A busy machine may take longer for an answer than the 300 ms that are waited for it.
    const { settings, lookedAt } = await eventually('it to be found', async () => {
      const found = await discoverProviders({}, { signal, ollamaUrl: new URL(server.url).origin })
      return found.settings.length > 0 ? found : undefined
    })
    assert.deepEqual(settings, [{ name: 'ollama', api: 'openai-completions', baseUrl: server.url }])
    assert.equal(lookedAt.at(-1)?.found, true)
  })

  it('waits at most 300 ms for something that does not answer', async () => {
    await withSilentListener(async (port) => {
      const at = performance.now()
      const { settings } = await discoverProviders({}, { signal, ollamaUrl: `http://127.0.0.1:${port}` })
      assert.deepEqual(settings, [])
      assert.ok(performance.now() - at < 5_000)
    })
  })

  it('does not take another program for an Ollama', async () => {
    await using server = await startOpenAiServer()
    const { settings } = await discoverProviders({}, { signal, ollamaUrl: new URL(server.url).origin })
    assert.deepEqual(settings, [])
  })

  it('stops with its signal', async () => {
    await assert.rejects(discoverProviders({}, { signal: AbortSignal.abort(new Error('stop')) }), /stop/)
  })

  it('reads OLLAMA_HOST as Ollama does, but looks on this machine only', () => {
    const table: Readonly<Record<string, string | undefined>> = {
      '': 'http://127.0.0.1:11434',
      localhost: 'http://localhost:11434',
      '127.0.0.1:8080': 'http://127.0.0.1:8080',
      ':8080': 'http://127.0.0.1:8080',
      '0.0.0.0': 'http://127.0.0.1:11434',
      '0.0.0.0:8080': 'http://127.0.0.1:8080',
      '[::]:8080': 'http://127.0.0.1:8080',
      '[::1]': 'http://[::1]:11434',
      'http://localhost:8080/': 'http://localhost:8080',
      'http://127.0.0.1': 'http://127.0.0.1',
      'ollama.example.com': undefined,
      '192.168.1.5:11434': undefined,
      'http://127.0.0.1.example.com': undefined,
      'not a host': undefined,
    }
    for (const [host, root] of Object.entries(table)) assert.equal(loopbackOllama(host), root, host)
    assert.equal(loopbackOllama(undefined), 'http://127.0.0.1:11434')
  })
})
