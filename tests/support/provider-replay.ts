import type { ProviderEvent } from '../../src/domain/models/provider.ts'
import type { StreamReader } from '../../src/providers/ask.ts'
import { createEventFeed } from '../../src/providers/event-stream.ts'

/** Reads the bytes of a stream as they would come in these pieces, and returns what they say; throws what the reader throws. */
export function replay(reader: StreamReader, pieces: readonly Uint8Array[]): readonly ProviderEvent[] {
  const out: ProviderEvent[] = []
  const feed = createEventFeed(() => {
    throw new Error('too large')
  })
  for (const piece of pieces) {
    for (const data of feed(piece)) {
      const said: ProviderEvent[] = []
      reader.read(data, said)
      out.push(...said)
      if (said.some((event) => event.type === 'finish')) return out
    }
  }
  reader.end(out)
  return out
}

/** The events of a stream as the bytes of `text/event-stream`. */
export function streamOf(events: readonly unknown[]): Uint8Array[] {
  const text = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
  return [Buffer.from(text.join(''))]
}
