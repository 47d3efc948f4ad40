import { auditAction } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { detectInjection } from './detect-injection.ts'
import { stripInvisible } from './strip-invisible.ts'

/** What is done with a message that looks like a prompt injection: nothing, a warning, or a refusal. */
export type PromptScreening = 'off' | 'flag' | 'block'

/** A message as a model may be shown it. */
export interface ScreenedPrompt {
  readonly message: string
  /** `possible_prompt_injection`, or none. */
  readonly warnings: readonly string[]
}

/**
 * Strips characters that nobody sees and looks for signs of a prompt injection, as `api.security.promptInjection` says. A message that
 * is suspected is recorded in the audit. It is detection, not prevention. Throws `prompt_rejected` where suspected messages are blocked,
 * and `invalid_request` where nothing is left of one.
 */
export function screenPrompt(ctx: Context, message: string): ScreenedPrompt {
  const { screening } = ctx.parts.settings().prompts
  if (screening === 'off') return { message, warnings: [] }
  const visible = stripInvisible(message)
  if (visible === '') {
    throw new GatewayError('invalid_request', 'message holds nothing but invisible characters.', {
      details: { field: 'message' },
    })
  }
  const { suspicious, reasons } = detectInjection(message)
  if (!suspicious) return { message: visible, warnings: [] }
  record(ctx, reasons)
  if (screening === 'flag') return { message: visible, warnings: ['possible_prompt_injection'] }
  throw new GatewayError(
    'prompt_rejected',
    'The message looks like an attempt to change the instructions of the model. Rephrase it, or ask the operator to set api.security.promptInjection to "flag".',
    { details: { reasons } },
  )
}

function record({ parts, actor, requestId }: Context, reasons: readonly string[]): void {
  parts.log('warn', 'possible prompt injection', { requestId, reasons: reasons.join(' ') })
  if (actor.type !== 'token') return
  const { id, name } = actor.token
  const entry = auditAction('prompt.flagged', { at: parts.clock.now(), actor: { type: 'token', id, name } })
  // The turn does not wait for it; a store in trouble shows in its health.
  parts.store.audit.append([{ ...entry, requestId }]).catch(() => undefined)
}
