import type { NativeQuestion } from '../../domain/models/provider.ts'
import { type Fields, isFields, listAt } from './fields.ts'

// OpenAI's, OpenRouter's and DeepSeek's ways to ask a model to think, and what compatible servers tell of it and want back.
const thoughtSettings = ['reasoning_effort', 'reasoning', 'thinking']
const thoughtMembers = ['reasoning_content', 'reasoning', 'reasoning_details']

/**
 * Returns what of a body only this dialect can say: left out, a model would think otherwise than it was asked to, or go on without what it
 * thought.
 */
export function openAiNative(body: Fields): NativeQuestion {
  const asked = thoughtSettings.find((name) => isGiven(body[name]) && body[name] !== 'none')
  const only = asked ?? firstThought(listAt(body.messages, 'messages'))
  return { dialect: 'openai', fields: {}, ...(only === undefined ? {} : { only }) }
}

/** Returns what a message of the assistant tells of its thoughts. */
export function thoughtsOf(message: Fields): Fields {
  const told = thoughtMembers.filter((name) => isGiven(message[name]) && message[name] !== '')
  return Object.fromEntries(told.map((name) => [name, message[name]]))
}

function firstThought(rows: readonly unknown[]): string | undefined {
  for (const [i, row] of rows.entries()) {
    const name = isFields(row) && row.role === 'assistant' ? Object.keys(thoughtsOf(row))[0] : undefined
    if (name !== undefined) return `messages[${i}].${name}`
  }
  return undefined
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
