import { createParser } from 'eventsource-parser'

/** A line or an event larger than this, in UTF-16 units, is refused: nothing that a model says needs it. */
export const eventLengthMax = 16 * 1024 * 1024

/** Takes the bytes of an event stream as they come and returns the data of each event that is now complete. */
export type EventFeed = (bytes: Uint8Array) => readonly string[]

/**
 * Makes a feed that reads `text/event-stream` as the HTML standard describes it. Bytes may be split anywhere, also inside a character;
 * an event that its end did not reach is never returned. `onTooLarge` must throw.
 */
export function createEventFeed(onTooLarge: () => never): EventFeed {
  const decoder = new TextDecoder()
  let complete: string[] = []
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: eventLengthMax,
    onEvent: (event) => complete.push(event.data),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') tooLarge = true
    },
  })
  return (bytes) => {
    complete = []
    parser.feed(decoder.decode(bytes, { stream: true }))
    if (tooLarge) onTooLarge()
    return complete
  }
}
