import { type BotApiAnswer, refused, type TelegramState } from './telegram-state.ts'

/** How a fake Telegram hands over its updates: to one poll at a time, or by posting them. */
export interface Postbox {
  readonly polls: number
  getUpdates(params: Readonly<Record<string, unknown>>, gone: AbortSignal): Promise<BotApiAnswer>
  setWebhook(params: Readonly<Record<string, unknown>>): BotApiAnswer
  deleteWebhook(): BotApiAnswer
  webhookInfo(): Readonly<Record<string, unknown>>
  /** Something new waits. */
  wake(): void
  /** The poll that is held is never answered. */
  forget(): void
  close(): void
}

interface Webhook {
  readonly url: string
  readonly secret: string
  failedAt: number
  failure: string
}

const timeoutSecondsMax = 50
const postAgainMs = 100

/** Makes the postbox of a bot. */
export function createPostbox(state: TelegramState): Postbox {
  let held: { end: (answer: BotApiAnswer | 'more') => void } | undefined
  let webhook: Webhook | undefined
  let posting: Promise<void> | undefined
  const closing = new AbortController()

  async function getUpdates(
    params: Readonly<Record<string, unknown>>,
    gone: AbortSignal,
  ): Promise<BotApiAnswer> {
    if (webhook) {
      return refused(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      )
    }
    held?.end(
      refused(
        409,
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      ),
    )
    if (Array.isArray(params.allowed_updates)) state.allowed = params.allowed_updates
    const offset = params.offset === undefined ? undefined : Number(params.offset)
    const limit = Math.min(100, Math.max(1, Number(params.limit ?? 100)))
    const deadline = performance.now() + 1000 * Math.min(timeoutSecondsMax, Number(params.timeout ?? 0))
    for (;;) {
      const updates = state.take(offset, limit)
      const leftMs = deadline - performance.now()
      if (updates.length > 0 || leftMs <= 0) return { ok: true, result: updates }
      const end = await hold(leftMs, gone)
      if (end !== 'more') return end
    }
  }

  function hold(ms: number, gone: AbortSignal): Promise<BotApiAnswer | 'more'> {
    return new Promise((resolve) => {
      const poll = {
        end: (answer: BotApiAnswer | 'more'): void => {
          clearTimeout(timer)
          if (held === poll) held = undefined
          resolve(answer)
        },
      }
      const timer = setTimeout(() => poll.end('more'), ms)
      gone.addEventListener('abort', () => poll.end({ ok: true, result: [] }))
      held = poll
    })
  }

  async function postAll(target: Webhook): Promise<void> {
    while (webhook === target && !closing.signal.aborted) {
      const [update] = state.take(undefined, 1)
      if (!update) return
      const failure = await post(target, update, closing.signal)
      if (failure === undefined) state.take(update.update_id + 1, 1)
      else {
        target.failedAt = Math.floor(Date.now() / 1000)
        target.failure = failure
        await new Promise((resolve) => setTimeout(resolve, postAgainMs))
      }
    }
  }

  function wake(): void {
    held?.end('more')
    if (!webhook || posting) return
    posting = postAll(webhook).finally(() => {
      posting = undefined
      if (webhook && state.updates.length > 0 && !closing.signal.aborted) wake()
    })
  }

  return {
    get polls() {
      return held ? 1 : 0
    },
    getUpdates,
    setWebhook(params) {
      const url = String(params.url ?? '')
      const secret = String(params.secret_token ?? '')
      if (!/^https?:\/\//.test(url)) return refused(400, 'Bad Request: bad webhook: invalid URL specified')
      if (!/^[\w-]{0,256}$/.test(secret)) {
        return refused(400, 'Bad Request: secret token contains unallowed characters')
      }
      if (Array.isArray(params.allowed_updates)) state.allowed = params.allowed_updates
      webhook = {
        url,
        secret,
        failedAt: 0,
        failure: '',
      }
      held?.end(refused(409, 'Conflict: terminated by setWebhook request'))
      wake()
      return { ok: true, result: true }
    },
    deleteWebhook() {
      webhook = undefined
      return { ok: true, result: true }
    },
    webhookInfo: () => ({
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: state.updates.length,
      ...(webhook && webhook.failedAt > 0
        ? { last_error_date: webhook.failedAt, last_error_message: webhook.failure }
        : {}),
    }),
    wake,
    forget() {
      held = undefined
    },
    close() {
      closing.abort()
      held?.end({ ok: true, result: [] })
    },
  }
}

async function post(webhook: Webhook, update: unknown, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': webhook.secret },
      body: JSON.stringify(update),
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    })
    await response.arrayBuffer()
    return response.ok
      ? undefined
      : `Wrong response from the webhook: ${response.status} ${response.statusText}`
  } catch {
    return 'Connection refused'
  }
}
