import type { Channel, ChatRoute } from './channel.ts'

const everyMs = 5_000

/** Shows that the bot writes, at once and every five seconds, until it is disposed of. Nobody waits for it, and its failures are no matter. */
export function keepTyping(
  channel: Pick<Channel, 'typing'>,
  chat: { readonly chatId: string; readonly route: ChatRoute },
): Disposable {
  const stop = new AbortController()
  const show = (): void => {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(everyMs)])
    Promise.resolve()
      .then(() => channel.typing(chat, signal))
      .catch(() => undefined)
  }
  show()
  const timer = setInterval(show, everyMs)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      stop.abort()
    },
  }
}
