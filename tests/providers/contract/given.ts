import assert from 'node:assert/strict'
import type { FinishReason } from '../../../src/domain/conversations/conversation.ts'
import { type ErrorCode, GatewayError } from '../../../src/domain/errors.ts'
import type { ProviderTurn } from '../../../src/domain/models/provider.ts'
import { createProvider, type ProviderSettings } from '../../../src/providers/index.ts'
import { type Collected, collect, turnOf } from '../../support/provider-collect.ts'
import type { Behaviour, ProviderServer } from '../../support/provider-server.ts'

/** A dialect, with the strict fake of its server. */
export interface ProviderSubject {
  readonly api: ProviderSettings['api']
  readonly apiKey: string
  startServer(): Promise<ProviderServer>
  /** A model of the fake that takes a temperature, and one that is only found out to take none. */
  readonly model: string
  readonly modelWithoutTemperature: string
  /** A model of the fake with a context of 1,000 tokens. */
  readonly smallModel: string
  readonly finishReasons: Readonly<Record<string, FinishReason>>
  /** The body of an error as the dialect writes it. */
  errorBody(type: string, message: string): unknown
  /** The rows of a list of models in which each of these is the other's neighbour. */
  readonly modelIds: readonly string[]
}

/** How one question is put in a test. */
export interface Asking {
  readonly behaviour?: Behaviour
  readonly turn?: Partial<ProviderTurn>
  readonly settings?: Partial<ProviderSettings>
}

/** What the parts of the contract share. */
export interface Given {
  readonly subject: ProviderSubject
  /** A signal that does not abort. */
  readonly never: AbortSignal
  settingsOf(server: ProviderServer, rest?: Partial<ProviderSettings>): ProviderSettings
  /** Asks a server of its own one question, streaming unless the turn says otherwise, and reads the answer to its end. */
  asked(asking: Asking): Promise<Collected & { readonly server: ProviderServer }>
  /** Asserts that it failed with a code and a message that names the provider, and returns the error. */
  failed(collected: Collected, code: ErrorCode, message: RegExp): GatewayError
}

/** Makes what the parts of the contract share, for one dialect. The provider is called `acme`. */
export function givenOf(subject: ProviderSubject): Given {
  const never = new AbortController().signal
  const settingsOf: Given['settingsOf'] = (server, rest = {}) => ({
    name: 'acme',
    api: subject.api,
    baseUrl: server.url,
    apiKey: subject.apiKey,
    ...rest,
  })
  return {
    subject,
    never,
    settingsOf,
    asked: async ({ behaviour, turn, settings }) => {
      await using server = await subject.startServer()
      if (behaviour !== undefined) server.next(behaviour)
      const provider = createProvider(settingsOf(server, settings))
      const collected = await collect(provider.stream(turnOf(subject.model, true, turn), never))
      await provider.close()
      return { ...collected, server }
    },
    failed: (collected, code, message) => {
      assert.ok(collected.error instanceof GatewayError, `threw ${String(collected.error)}`)
      assert.equal(collected.error.code, code)
      assert.match(collected.error.message, message)
      assert.match(collected.error.message, /acme/, 'the message names the provider')
      assert.equal(collected.finish, undefined, 'what fails never finishes')
      return collected.error
    },
  }
}
