import assert from 'node:assert/strict'
import { at } from './json.ts'

/** One frame of a stream. */
export interface SseFrame {
  readonly id: string
  readonly data: unknown
}

/** Reads a whole stream as strictly as the contract writes it: `id:`, then one `data:` line, nothing else but comments. */
export function framesOf(text: string): readonly SseFrame[] {
  assert.ok(text.endsWith('\n\n'), 'the last frame is whole')
  return text
    .slice(0, -2)
    .split('\n\n')
    .filter((block) => !block.startsWith(':'))
    .map((block) => {
      const match = /^id: (\d+)\ndata: (\{[^\n]*\})$/.exec(block)
      assert.ok(match, `not a frame: ${JSON.stringify(block)}`)
      const data: unknown = JSON.parse(match[2] ?? '')
      return { id: match[1] ?? '', data }
    })
}

/** Returns the frames' types in their order, runs of `delta` as one. */
export function typesOf(frames: readonly SseFrame[]): readonly unknown[] {
  const types = frames.map((frame) => at(frame.data, 'type'))
  return types.filter((type, i) => type !== 'delta' || types[i - 1] !== 'delta')
}

/** Returns what all `delta` frames say together. */
export function saidIn(frames: readonly SseFrame[]): string {
  return frames
    .filter((frame) => at(frame.data, 'type') === 'delta')
    .map((frame) => String(at(frame.data, 'content')))
    .join('')
}
