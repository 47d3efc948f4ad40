import { GatewayError } from '../domain/errors.ts'
import { parseAnswer, readText } from './answer.ts'
import { readRefusal } from './ask.ts'
import type { Client } from './client.ts'
import type { Answer } from './exchange.ts'
import { brokenAnswer, failureOfStatus, failureOfTransport, type Identity } from './failures.ts'
import type { KeyRing } from './key-ring.ts'
import { isRecord, type JsonRecord, recordsOf } from './record.ts'

const listBytesMax = 8 * 1024 * 1024
const connectMs = 5000
const listMs = 15_000

/** A page of a list of models: its rows, and the whole of it for what stands beside them. */
export interface ModelPage {
  readonly rows: readonly JsonRecord[]
  readonly page: JsonRecord
}

/** Gets a page of a provider's list of models within 15 s. Throws as `ModelProvider` says. */
export async function getModelList(
  who: Identity & { readonly client: Client; readonly keys: KeyRing },
  address: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<ModelPage> {
  const deadline = AbortSignal.timeout(listMs)
  const either = AbortSignal.any([signal, deadline])
  try {
    const answer = await getWithAnyKey(who, address, either)
    try {
      const list = parseAnswer(who, 'a list of models', await readText(who, answer.body, listBytesMax))
      if (isRecord(list) && Array.isArray(list.data)) return { rows: recordsOf(list.data), page: list }
      throw brokenAnswer(who, 'answered with JSON that is no list of models; check its baseUrl')
    } finally {
      answer.body.cancel()
    }
  } catch (error) {
    if (deadline.aborted && !signal.aborted) {
      throw new GatewayError(
        'provider_timeout',
        `${who.name} did not list its models within ${listMs / 1000} s.`,
      )
    }
    throw failureOfTransport(who, error, connectMs)
  }
}

async function getWithAnyKey(
  who: Identity & { readonly client: Client; readonly keys: KeyRing },
  address: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Answer> {
  for (;;) {
    const key = who.keys.take()
    const headers = { accept: 'application/json', ...key.headers }
    const answer = await who.client.send(
      { method: 'GET', ...address, headers, connectTimeoutMs: connectMs },
      signal,
    )
    if (answer.status >= 200 && answer.status < 300) return answer
    const refusal = await readRefusal(who, answer, signal)
    const failure = failureOfStatus(who, undefined, answer.status, answer.headers, refusal)
    // Each one that is refused is set aside, so that this ends at the last one.
    if (!who.keys.note(key, answer.status, failure.facts.retryAfterMs)) throw failure
  }
}
