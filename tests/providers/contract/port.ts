import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ModelProvider } from '../../../src/domain/models/provider.ts'
import { type ConfiguredModel, createProvider, type ProviderSettings } from '../../../src/providers/index.ts'
import { eventually } from '../../support/eventually.ts'
import { collect, turnOf } from '../../support/provider-collect.ts'
import type { ProviderServer } from '../../support/provider-server.ts'
import type { Given } from './given.ts'

/** The other members of the port, and the settings. */
export function describePort(given: Given): void {
  const { subject, settingsOf, asked, never } = given

  describe('the rest of the port', () => {
    const listed = async (
      server: ProviderServer,
      settings: Partial<ProviderSettings> = {},
    ): Promise<ModelProvider> => createProvider(settingsOf(server, settings))

    it('lists the models of the provider', async () => {
      await using server = await subject.startServer()
      const provider = await listed(server)
      const models = await provider.models(never)
      assert.deepEqual(
        models.map((model) => model.id),
        subject.modelIds,
      )
      await provider.close()
    })

    it('lists the models of the config without asking', async () => {
      await using server = await subject.startServer()
      const configured: readonly ConfiguredModel[] = [
        { id: 'a', name: 'A', contextWindow: 5, maxTokens: 3 },
        { id: 'b' },
      ]
      const provider = await listed(server, { models: configured })
      assert.deepEqual(await provider.models(never), [
        { id: 'a', name: 'A', contextWindow: 5, maxOutputTokens: 3 },
        { id: 'b', name: 'b', contextWindow: null, maxOutputTokens: null },
      ])
      assert.equal(server.requests.length, 0)
      await provider.close()
    })

    it('a list that cannot be had is an error, and an abort ends the wait for it', async () => {
      await using server = await subject.startServer()
      const provider = await listed(server, { apiKey: 'wrong-key' })
      await assert.rejects(provider.models(never), { code: 'provider_error', message: /acme.*401/ })
      await assert.rejects(provider.models(AbortSignal.abort(new Error('no time'))), /no time/)
      await provider.close()
    })

    it('close lets what runs finish, serves a turn that asks again, and leaves no connection', async () => {
      await using server = await subject.startServer()
      const provider = createProvider(settingsOf(server))
      const events = provider.stream(turnOf(subject.model, true), never)
      await events.next()
      const closing = provider.close()
      assert.equal((await collect(events)).finish?.finishReason, 'stop')
      await closing
      const again = await collect(provider.stream(turnOf(subject.model, true), never))
      assert.equal(again.finish?.finishReason, 'stop')
      await eventually('the connections to be closed', () => server.connections() === 0 || undefined)
    })

    it('own headers are sent and win over ours, whatever their case', async () => {
      const { server } = await asked({ settings: { headers: { 'User-Agent': 'mine', 'X-Team': 'blue' } } })
      assert.equal(server.requests[0]?.headers['user-agent'], 'mine')
      assert.equal(server.requests[0]?.headers['x-team'], 'blue')
    })

    it('several keys are used in turn, without the line end of the file it was in', async () => {
      const { pieces } = await asked({ settings: { apiKey: [`${subject.apiKey}\n`, 'another'] } })
      assert.equal(pieces.length, 4)
    })

    it('an unusable baseUrl is refused when the provider is made', () => {
      for (const baseUrl of ['', 'api.example.com', 'ftp://example.com']) {
        assert.throws(() => createProvider({ name: 'acme', api: subject.api, baseUrl }), {
          code: 'invalid_request',
          message: /acme/,
        })
      }
    })
  })
}
