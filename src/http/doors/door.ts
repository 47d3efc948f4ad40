import type { RelayEvent, RelayInput } from '../../domain/chat/relay.ts'
import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import type { GatewayError } from '../../domain/errors.ts'

/** A piece of a plain answer. */
export type Said = Extract<RelayEvent, { readonly type: 'text' | 'thought' | 'tool_call' }>

/** What a turn through a door came to. */
export interface DoorAnswer {
  readonly id: string
  readonly model: string
  /** In the order in which it was said. */
  readonly said: readonly Said[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** What a stream of a door is about. */
export interface DoorStream {
  readonly id: string
  readonly createdAt: number
  /** Who answers, as it is known when it is asked for. */
  readonly model: () => string
}

/** An API of somebody else's shape, by which clients made for it reach the gateway's models. */
export interface Door<Question extends RelayInput = RelayInput> {
  /** A body that it takes, for people. */
  readonly example: object
  /** Reads a body. Throws `invalid_request` naming the field. */
  question(body: unknown): Question
  /** The body of a plain answer. */
  answer(answer: DoorAnswer): object
  /** Makes the writer of one stream: each call returns the frames, as text, to be written. */
  stream(stream: DoorStream, question: Question): DoorWriter
  /** The body of an error. */
  error(error: GatewayError, status: number, requestId: string): object
}

/** Writes the events of one stream in a door's own shape. */
export interface DoorWriter {
  start(): string
  event(event: Exclude<RelayEvent, { readonly type: 'start' | 'done' }>): string
  done(event: Extract<RelayEvent, { readonly type: 'done' }>): string
  /** The last frame of a stream that fails. */
  error(error: GatewayError, requestId: string): string
}
