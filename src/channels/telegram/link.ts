import { pause } from '../../domain/supervise.ts'
import { canBeToken, type TelegramSettings } from './config.ts'
import { type LinkParts, poll } from './poll.ts'
import { UpdateReceiver } from './receive.ts'
import { type LinkTrouble, loginTrouble, troubleOf } from './trouble.ts'
import { keepWebhook, TelegramWebhook } from './webhook.ts'

/** Connects and keeps connected until the signal aborts. Never rejects: what goes wrong is told to the link, and tried again after a while. */
export async function keepLink(
  given: Omit<LinkParts, 'receiver'> & { readonly settings: TelegramSettings },
  signal: AbortSignal,
): Promise<void> {
  const { api, link, settings, timings } = given
  if (!canBeToken(settings.botToken)) {
    const { reason, remedy } = loginTrouble('What is configured cannot be a bot token.', [])
    link.disconnected(reason, remedy)
    return
  }
  const receiver = new UpdateReceiver(link)
  const webhook = settings.webhook && new TelegramWebhook(settings.webhook.secret, link, receiver)
  if (webhook) link.onWebhook(webhook.take)
  let failures = 0
  let last: LinkTrouble['kind'] | undefined
  const onConnected = (): void => {
    failures = 0
  }
  const parts = { api, link, receiver, timings, onConnected }
  while (!signal.aborted) {
    try {
      const bot = await api.getMe(signal)
      if (settings.webhook && webhook) {
        webhook.bot = bot
        await keepWebhook({ ...parts, webhook }, settings.webhook, signal)
      } else {
        const { apiRoot } = settings
        await poll(parts, { bot, apiRoot, afterConflict: last === 'conflict' }, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      const trouble = troubleOf(error, timings)
      last = trouble.kind
      link.disconnected(trouble.reason, trouble.remedy)
      link.log('warn', 'telegram link failed', { trouble: trouble.kind, failures })
      await pause(waitMs(trouble, failures), signal)
      failures += 1
    }
  }
}

const waitMsMax = 60 * 60 * 1000

function waitMs({ waitsMs, retryAfterMs = 0 }: LinkTrouble, failures: number): number {
  const ownMs = waitsMs[failures] ?? waitsMs.at(-1) ?? 0
  return Math.min(Math.max(retryAfterMs, ownMs), waitMsMax)
}
