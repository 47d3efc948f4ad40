import type { ProviderServer } from '../support/provider-server.ts'

/** An answer as a caller gets it. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** Whether it says that it was given before. */
  readonly isReplay: boolean
}

/** Posts a JSON body, with an Idempotency-Key where one is given. */
export async function post(
  url: string,
  secret: string,
  body: unknown,
  options: { readonly key?: string; readonly path?: string; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const { key, path = '/api/v1/chat', signal } = options
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${secret}`,
      'Content-Type': 'application/json',
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
  const { status, headers } = response
  return {
    status,
    headers,
    text: await response.text(),
    isReplay: headers.get('idempotent-replayed') === 'true',
  }
}

/** How often a provider was asked a question. */
export function questions({ requests }: ProviderServer): number {
  return requests.filter(({ method }) => method === 'POST').length
}
