import assert from 'node:assert/strict'
import type { FinishReason, Usage } from '../../src/domain/conversations/conversation.ts'
import { type ErrorCode, GatewayError } from '../../src/domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../src/domain/models/provider.ts'

/** Everything that one answer of a provider said, as far as it came. */
export interface Collected {
  readonly pieces: string[]
  readonly warnings: string[]
  readonly usages: Usage[]
  finish?: { readonly finishReason: FinishReason; readonly usage?: Usage; readonly model?: string }
  /** What it threw. */
  error?: unknown
}

/** Reads an answer to its end or its error. */
export async function collect(events: AsyncIterable<ProviderEvent>): Promise<Collected> {
  const collected: Collected = { pieces: [], warnings: [], usages: [] }
  try {
    for await (const event of events) {
      switch (event.type) {
        case 'text':
          collected.pieces.push(event.text)
          break
        case 'warning':
          collected.warnings.push(event.warning)
          break
        case 'usage':
          collected.usages.push(event.usage)
          break
        case 'finish': {
          const { type: _, ...finish } = event
          collected.finish = finish
        }
      }
    }
  } catch (error) {
    collected.error = error
  }
  return collected
}

/** A turn with one message of the user. */
export function turnOf(model: string, stream: boolean, rest: Partial<ProviderTurn> = {}): ProviderTurn {
  return { model, messages: [{ role: 'user', content: 'Hi' }], stream, connectTimeoutMs: 2000, ...rest }
}

/** The code of what an answer threw, or undefined where it threw nothing; fails for what is no `GatewayError`. */
export function codeOf(collected: Collected): ErrorCode | undefined {
  if (collected.error === undefined) return undefined
  assert.ok(collected.error instanceof GatewayError, String(collected.error))
  return collected.error.code
}
