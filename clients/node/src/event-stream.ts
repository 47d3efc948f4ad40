import type { StreamEvent } from './api-types.ts'
import { ConnectionFailedError, cutShort, foreignAnswer, streamError, TimedOutError } from './errors.ts'
import { EventDecoder } from './events.ts'
import type { Watch } from './watch.ts'

/** The events of one reply: `start`, `delta`…, `done`. Leaving the loop early, or `close`, stops the model. */
export interface EventStream extends AsyncIterableIterator<StreamEvent> {
  /** The id to look for in the gateway's log and audit. */
  readonly requestId: string | undefined
  close(): Promise<void>
}

/**
 * Returns the events of a response that has begun; the watch ends the connection where nothing comes any more. Throws `ApiError` for an
 * answer that is no stream of events.
 */
export function eventsOf(response: Response, watch: Watch, url: string): EventStream {
  if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? ''))
    throw foreignAnswer(response, url)
  const events = readEvents(response, watch)
  return {
    requestId: response.headers.get('x-request-id') ?? undefined,
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => events.next(),
    async return() {
      watch.abort()
      await events.return()
      return { done: true, value: undefined }
    },
    async close() {
      watch.abort()
      await events.return()
    },
  }
}

async function* readEvents(response: Response, watch: Watch): AsyncGenerator<StreamEvent, void, undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) throw cutShort(response)
  const text = new TextDecoder()
  const decoder = new EventDecoder()
  try {
    for (;;) {
      const { done, value } = await watch.guard(reader.read(), response.url).catch((error: unknown) => {
        throw error instanceof ConnectionFailedError && !(error instanceof TimedOutError)
          ? cutShort(response)
          : error
      })
      if (done) throw cutShort(response)
      watch.heard()
      for (const data of decoder.feed(text.decode(value, { stream: true }))) {
        const event = parseEvent(data, response)
        yield event
        if (event.type === 'done') return
      }
    }
  } finally {
    watch.end()
    // Left early: the connection ends, and with it the model's work.
    await reader.cancel().catch(() => undefined)
  }
}

function parseEvent(data: string, response: Response): StreamEvent {
  let event: unknown
  try {
    event = JSON.parse(data)
  } catch {
    throw cutShort(response)
  }
  if (!isEvent(event)) throw cutShort(response)
  if (event.type === 'error') throw streamError(event, response)
  return event
}

type AnyEvent = StreamEvent | ({ readonly type: 'error' } & Parameters<typeof streamError>[0])

function isEvent(event: unknown): event is AnyEvent {
  return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
}
