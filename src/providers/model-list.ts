import { GatewayError } from '../domain/errors.ts'
import { parseAnswer, readText } from './answer.ts'
import { readRefusal } from './ask.ts'
import type { Client } from './client.ts'
import { brokenAnswer, failureOfStatus, failureOfTransport, type Identity } from './failures.ts'
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
  who: Identity & { readonly client: Client; readonly headers: Readonly<Record<string, string>> },
  address: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<ModelPage> {
  const deadline = AbortSignal.timeout(listMs)
  const either = AbortSignal.any([signal, deadline])
  try {
    const headers = { accept: 'application/json', ...who.headers }
    const answer = await who.client.send(
      { method: 'GET', ...address, headers, connectTimeoutMs: connectMs },
      either,
    )
    if (answer.status < 200 || answer.status >= 300) {
      const refusal = await readRefusal(who, answer, either)
      throw failureOfStatus(who, undefined, answer.status, answer.headers, refusal)
    }
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
