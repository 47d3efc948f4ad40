/**
 * Turns text, split anywhere, into the data of server-sent events; work is linear in the text
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export class EventDecoder {
  #line: string[] = []
  #data: string[] = []
  #afterCr = false

  /** Returns the data of the events that end in this piece. */
  feed(piece: string): string[] {
    let text = piece
    if (this.#afterCr && text !== '') {
      this.#afterCr = false
      if (text.startsWith('\n')) text = text.slice(1)
    }
    if (text.endsWith('\r')) this.#afterCr = true
    const lines = text.split(/\r\n|\r|\n/)
    const rest = lines.pop() ?? ''
    const events: string[] = []
    for (const end of lines) {
      const line = this.#line.length === 0 ? end : `${this.#line.join('')}${end}`
      this.#line = []
      if (line === '') {
        if (this.#data.length > 0) events.push(this.#data.join('\n'))
        this.#data = []
      } else this.#take(line)
    }
    if (rest !== '') this.#line.push(rest)
    return events
  }

  #take(line: string): void {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    if (field !== 'data') return
    const value = colon < 0 ? '' : line.slice(colon + 1)
    this.#data.push(value.startsWith(' ') ? value.slice(1) : value)
  }
}
