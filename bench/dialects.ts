import { textOf, tokensOf } from './question.ts'

/** A provider's API that the upstream speaks. */
export type Dialect = 'openai' | 'anthropic'

/** An answer of the upstream as bytes, made before it is needed. A stream's frames are one HTTP chunk each, as real servers send them. */
export interface PreparedStream {
  /** The HTTP head and what stands before the first token. */
  readonly head: Buffer
  /** One a token. */
  readonly frames: readonly Buffer[]
  /** What ends the answer, usage included. */
  readonly tail: Buffer
  /** All of it. */
  readonly whole: Buffer
}

/** The only model that the upstream knows. */
export const modelId = 'bench-model'

/** Returns the path below the provider's root that a chat is posted to. */
export function chatPath(dialect: Dialect): string {
  return dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages'
}

/** Returns one plain HTTP answer. */
export function plainAnswer(dialect: Dialect, chunks: number): Buffer {
  return jsonAnswer(dialect === 'openai' ? openaiPlain(chunks) : anthropicPlain(chunks))
}

/** Returns an HTTP answer with a JSON body. */
export function jsonAnswer(value: unknown): Buffer {
  const body = JSON.stringify(value)
  const length = Buffer.byteLength(body)
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
  )
}

/** Returns one streamed HTTP answer. */
export function streamedAnswer(dialect: Dialect, chunks: number): PreparedStream {
  const { before, token, after } = dialect === 'openai' ? openaiStream(chunks) : anthropicStream(chunks)
  const status =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n'
  const head = Buffer.concat([Buffer.from(status), ...before.map(httpChunk)])
  const frames = tokensOf(chunks).map((text) => httpChunk(token(text)))
  const tail = Buffer.concat([...after.map(httpChunk), Buffer.from('0\r\n\r\n')])
  return { head, frames, tail, whole: Buffer.concat([head, ...frames, tail]) }
}

interface StreamParts {
  readonly before: readonly string[]
  readonly token: (text: string) => string
  readonly after: readonly string[]
}

function openaiPlain(chunks: number): unknown {
  return {
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1767225600,
    model: modelId,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: textOf(chunks), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 12, completion_tokens: chunks, total_tokens: chunks + 12 },
  }
}

function openaiStream(chunks: number): StreamParts {
  const base = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1767225600, model: modelId }
  const frame = (delta: unknown, finishReason: string | null): string =>
    `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })}\n\n`
  const usage = { prompt_tokens: 12, completion_tokens: chunks, total_tokens: chunks + 12 }
  return {
    before: [frame({ role: 'assistant', content: '' }, null)],
    token: (text) => frame({ content: text }, null),
    after: [
      frame({}, 'stop'),
      `data: ${JSON.stringify({ ...base, choices: [], usage })}\n\n`,
      'data: [DONE]\n\n',
    ],
  }
}

function anthropicPlain(chunks: number): unknown {
  return {
    ...anthropicMessage(chunks),
    content: [{ type: 'text', text: textOf(chunks) }],
    stop_reason: 'end_turn',
  }
}

function anthropicMessage(outputTokens: number): Record<string, unknown> {
  return {
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: modelId,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: outputTokens },
  }
}

function anthropicStream(chunks: number): StreamParts {
  const frame = (type: string, fields: Record<string, unknown>): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
  return {
    before: [
      frame('message_start', { message: anthropicMessage(1) }),
      frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    token: (text) => frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    after: [
      frame('content_block_stop', { index: 0 }),
      frame('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: chunks },
      }),
      frame('message_stop', {}),
    ],
  }
}

function httpChunk(frame: string): Buffer {
  const body = Buffer.from(frame)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}
