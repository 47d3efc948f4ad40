import { type Channel, ChannelFailure, type OutgoingPart } from '../../domain/channels/channel.ts'
import { fieldsAt, textAt } from '../fields.ts'
import { defaultTimings, type SlackSettings, type SlackTimings } from './config.ts'
import { SlackRefusal, sendFailure } from './failure.ts'
import { postArguments, renderParts } from './format.ts'
import { Inbox } from './inbox.ts'
import { Names } from './names.ts'
import { SlackSession } from './session.ts'
import { createWebApi } from './web-api.ts'

/** What a test sets otherwise. */
export interface SlackOptions {
  readonly timings?: Partial<SlackTimings>
  /** From 0 to 1. */
  readonly random?: () => number
}

const nameCallMs = 10_000

/** Makes the channel to Slack: Socket Mode for what comes in, the Web API for what goes out. It connects at its start. */
export function createSlackChannel(settings: SlackSettings, options: SlackOptions = {}): Channel {
  const timings = { ...defaultTimings, ...options.timings }
  const api = createWebApi(settings.apiRoot)
  const stopped = new AbortController()
  let session: SlackSession | undefined

  async function post(part: OutgoingPart, signal: AbortSignal): Promise<string> {
    const inTime = AbortSignal.any([signal, stopped.signal])
    const call = (method: string, args: Readonly<Record<string, string>>) =>
      api.call(method, settings.botToken, args, inTime, timings.callMs)
    if (isPerson(part.chatId)) {
      const chatId = await directChat(part.chatId, call)
      if (chatId !== undefined) {
        throw new ChannelFailure('chat_moved', 'A person is written to in the direct chat.', {
          movedTo: chatId,
        })
      }
    }
    const { fields } = await call('chat.postMessage', postArguments(part))
    return textAt(fields, 'ts') ?? ''
  }

  return {
    name: 'slack',
    start(link) {
      const names = new Names({
        call: (method, args) => api.call(method, settings.botToken, args, stopped.signal, nameCallMs),
        clock: link.clock,
        nameMs: timings.nameMs,
      })
      const inbox = new Inbox(link, names)
      session = new SlackSession({
        settings,
        timings,
        api,
        link,
        random: options.random ?? Math.random,
        onEnvelope: (envelope, bot) => inbox.take(envelope, bot),
      })
      session.start()
    },
    render: renderParts,
    async send(part, signal) {
      try {
        return await post(part, signal)
      } catch (error) {
        const failure = sendFailure(error)
        if (failure instanceof ChannelFailure && failure.kind === 'login_refused') session?.recheckLogin()
        throw failure
      }
    },
    // Slack shows no typing for bots over Socket Mode.
    typing: () => Promise.resolve(),
    async stop() {
      await session?.stop()
      stopped.abort()
      api.close()
    },
  }
}

function isPerson(chatId: string): boolean {
  return /^[UW][A-Z0-9]+$/.test(chatId)
}

// One conversation belongs to a chat, so what is sent to a person goes to the chat in which that person answers. Without the scope
// im:write that chat is not known, but Slack posts there all the same.
async function directChat(
  userId: string,
  call: (
    method: string,
    args: Readonly<Record<string, string>>,
  ) => Promise<{
    readonly fields: Readonly<Record<string, unknown>>
  }>,
): Promise<string | undefined> {
  try {
    const { fields } = await call('conversations.open', { users: userId })
    return textAt(fieldsAt(fields, 'channel') ?? {}, 'id')
  } catch (error) {
    if (error instanceof SlackRefusal && error.word === 'missing_scope') return undefined
    throw error
  }
}
