import type { ProviderEvent, ProviderTurn } from '../domain/models/provider.ts'
import { bodyBytesMax, kindOf, parseAnswer, readText } from './answer.ts'
import type { Client } from './client.ts'
import { withoutEcho } from './echo.ts'
import { createEventFeed, eventLengthMax } from './event-stream.ts'
import type { Answer } from './exchange.ts'
import { brokenAnswer, failureOfStatus, failureOfTransport, type Identity } from './failures.ts'
import { type ForeignError, readForeignError } from './foreign-error.ts'
import type { KeyRing } from './key-ring.ts'

/** How one dialect asks and is understood. What it throws are `GatewayError`s. */
export interface Dialect<Body extends object> extends Identity {
  readonly client: Client
  /** The path of questions, below the root. */
  readonly path: string
  readonly keys: KeyRing
  question(turn: ProviderTurn): Question<Body>
  /** The question without what the provider refused with 400 or 422, or undefined where nothing can be left out. */
  rephrase(question: Question<Body>, refusal: ForeignError, turn: ProviderTurn): Question<Body> | undefined
  /** A question was taken after another wording of it had been refused. */
  taken(question: Question<Body>, turn: ProviderTurn): void
  /** What a plain answer to a turn means; the last event is `finish`. */
  readPlain(json: unknown, turn: ProviderTurn): readonly ProviderEvent[]
  createReader(turn: ProviderTurn): StreamReader
}

/** A request's body, and what its asker must be told of it. */
export interface Question<Body extends object> {
  readonly body: Body
  readonly warnings: readonly string[]
}

/** Understands one streamed answer, event by event. */
export interface StreamReader {
  /** Appends to `out` what an event's data means. Throws for an error that the provider sent. */
  read(data: string, out: ProviderEvent[]): void
  /** Appends what the clean end of the stream means. Throws where the answer was cut short. */
  end(out: ProviderEvent[]): void
}

const errorBytesMax = 64 * 1024
const rephrasingsMax = 3

/**
 * Asks a model by a dialect, streaming or plain, and yields what it says: the one way in which providers are spoken to. An answer of
 * the other kind than asked for is understood by its content type. Throws as `ModelProvider` says.
 */
export async function* ask<Body extends object>(
  dialect: Dialect<Body>,
  turn: ProviderTurn,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent, void, undefined> {
  let answer: Answer | undefined
  let isFinished = false
  try {
    const reply = await askUntilTaken(dialect, turn, signal)
    answer = reply.answer
    for (const warning of reply.warnings) yield { type: 'warning', warning }
    const { kind, head } = await kindOf(dialect, answer)
    if (kind === 'json') {
      const text = await readText(dialect, answer.body, bodyBytesMax, head)
      for (const event of dialect.readPlain(parseAnswer(dialect, 'an answer', text), turn)) yield event
      isFinished = true
      return
    }
    const gathered = turn.stream ? undefined : new Gathered(dialect, turn.native !== undefined)
    const reader = dialect.createReader(turn)
    const feed = createEventFeed(() => {
      throw brokenAnswer(dialect, `sent an event larger than ${eventLengthMax} characters`)
    })
    const out: ProviderEvent[] = []
    for (
      let bytes = head ?? (await answer.body.next());
      bytes !== undefined;
      bytes = await answer.body.next()
    ) {
      for (const data of feed(bytes)) {
        reader.read(data, out)
        for (const event of gathered?.take(out) ?? out) {
          if (signal.aborted) throw signal.reason
          if (event.type === 'finish') isFinished = true
          yield event
        }
        if (isFinished) return
        out.length = 0
      }
    }
    signal.throwIfAborted()
    reader.end(out)
    isFinished = true
    for (const event of gathered?.take(out) ?? out) yield event
  } catch (error) {
    throw withoutEcho(failureOfTransport(dialect, error, turn.connectTimeoutMs), turn)
  } finally {
    if (isFinished) answer?.body.release()
    else answer?.body.cancel()
  }
}

async function askUntilTaken<Body extends object>(
  dialect: Dialect<Body>,
  turn: ProviderTurn,
  signal: AbortSignal,
): Promise<{ readonly answer: Answer; readonly warnings: readonly string[] }> {
  let question = dialect.question(turn)
  const key = dialect.keys.take()
  for (let rephrasings = 0; ; rephrasings++) {
    const answer = await dialect.client.send(
      {
        method: 'POST',
        path: dialect.path,
        headers: { accept: turn.stream ? 'text/event-stream' : 'application/json', ...key.headers },
        body: JSON.stringify(question.body),
        connectTimeoutMs: turn.connectTimeoutMs,
      },
      signal,
    )
    if (answer.status >= 200 && answer.status < 300) {
      if (rephrasings > 0) dialect.taken(question, turn)
      return { answer, warnings: question.warnings }
    }
    const refusal = await readRefusal(dialect, answer, signal)
    const mayRephrase = (answer.status === 400 || answer.status === 422) && rephrasings < rephrasingsMax
    const next = mayRephrase ? dialect.rephrase(question, refusal, turn) : undefined
    if (next === undefined) {
      const { status, headers } = answer
      const failure = failureOfStatus(dialect, turn.model, status, headers, refusal)
      if (!dialect.keys.note(key, status, failure.facts.retryAfterMs)) throw failure
      throw failure.with({ next: status === 401 ? 'otherKey' : 'retryAtOnce' })
    }
    question = next
  }
}

/** Reads the body of an answer that is not 2xx, as far as it can be read: the status alone says what it was. Throws only the signal's reason. */
export async function readRefusal(who: Identity, answer: Answer, signal: AbortSignal): Promise<ForeignError> {
  try {
    return readForeignError(await readText(who, answer.body, errorBytesMax))
  } catch {
    signal.throwIfAborted()
    return {}
  } finally {
    answer.body.release()
  }
}

/** Holds the text of a stream back until its end, or until what follows it, and gives calls whole, for a caller that asked for one plain answer. */
class Gathered {
  readonly #who: Identity
  readonly #keepsOrder: boolean
  #text = ''

  constructor(who: Identity, keepsOrder: boolean) {
    this.#who = who
    this.#keepsOrder = keepsOrder
  }

  take(events: readonly ProviderEvent[]): readonly ProviderEvent[] {
    const ready: ProviderEvent[] = []
    for (const event of events) {
      if (event.type === 'text') this.#text += event.text
      else if (event.type !== 'tool_call_delta') {
        const isFollowed = event.type === 'tool_call' || event.type === 'thought'
        if ((event.type === 'finish' || (this.#keepsOrder && isFollowed)) && this.#text !== '') {
          ready.push({ type: 'text', text: this.#text })
          this.#text = ''
        }
        ready.push(event)
      }
    }
    if (this.#text.length > bodyBytesMax)
      throw brokenAnswer(this.#who, `answered with more than ${bodyBytesMax} characters`)
    return ready
  }
}
