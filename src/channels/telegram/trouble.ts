import { type TelegramTimings, tokenRemedy } from './config.ts'
import { TelegramError } from './failure.ts'

/** What is wrong with the link, what a person must do, and how long to wait after so many failures in a row. */
export interface LinkTrouble {
  readonly kind: 'login' | 'conflict' | 'setup' | 'platform' | 'store'
  readonly reason: string
  readonly remedy?: string
  readonly waitsMs: readonly number[]
  /** Telegram's own word on how long to wait. */
  readonly retryAfterMs?: number
}

/** Understands what has ended a link. */
export function troubleOf(error: unknown, timings: TelegramTimings): LinkTrouble {
  const { unreachableMs, conflictMs, loginMs } = timings
  if (!(error instanceof TelegramError)) {
    return { kind: 'store', reason: 'What Telegram has sent could not be stored.', waitsMs: unreachableMs }
  }
  const { kind, status, message, retryAfterMs } = error
  if (kind === 'unintelligible') {
    return {
      kind: 'platform',
      reason: message,
      remedy: 'Check channels.telegram.apiRoot.',
      waitsMs: unreachableMs,
    }
  }
  if (kind !== 'refused') return { kind: 'platform', reason: message, waitsMs: unreachableMs }
  if (status === 401 || status === 404)
    return loginTrouble(`Telegram does not know the bot's token (${message}).`, loginMs)
  if (status === 409) return conflictTrouble(message, conflictMs)
  if (status === 400 && /webhook/i.test(message)) {
    return {
      kind: 'setup',
      reason: `Telegram refuses the webhook: ${message}`,
      remedy: webhookRemedy,
      waitsMs: loginMs,
    }
  }
  return {
    kind: 'platform',
    reason: `Telegram answered ${status}: ${message}`,
    waitsMs: unreachableMs,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** Returns the trouble of a token that is refused, or that cannot be one. */
export function loginTrouble(reason: string, waitsMs: readonly number[]): LinkTrouble {
  return { kind: 'login', reason, remedy: tokenRemedy, waitsMs }
}

/** What people must do about a webhook that does not work. */
export const webhookRemedy =
  'Check that channels.telegram.webhook.url leads to this gateway from outside, over HTTPS with a valid certificate.'

function conflictTrouble(message: string, waitsMs: readonly number[]): LinkTrouble {
  return {
    kind: 'conflict',
    reason: `Another program receives this bot's messages: ${message}`,
    remedy:
      'Stop the other program that runs with this token, or give this gateway a bot of its own. If you do not know it, have @BotFather revoke the token.',
    waitsMs,
  }
}
