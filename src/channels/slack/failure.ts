import { ChannelFailure } from '../../domain/channels/channel.ts'
import { appTokenRemedy, botTokenRemedy } from './config.ts'

/** Slack has answered, and has said no: `word` is one of the codes of its Web API. */
export class SlackRefusal extends Error {
  readonly word: string
  readonly retryAfterMs: number | undefined
  /** The scope that the token lacks, with `missing_scope`. */
  readonly needed: string | undefined

  constructor(
    word: string,
    details: { readonly retryAfterMs?: number | undefined; readonly needed?: string | undefined } = {},
  ) {
    super(`Slack answers ${word}${details.needed === undefined ? '' : ` (needs ${details.needed})`}.`)
    this.name = 'SlackRefusal'
    this.word = word
    this.retryAfterMs = details.retryAfterMs
    this.needed = details.needed
  }
}

/** Slack has not answered, or not as Slack does. `message` holds no address. */
export class SlackUnreachable extends Error {
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'SlackUnreachable'
    this.retryAfterMs = retryAfterMs
  }
}

/** A login that cannot work until a person does something. */
export class SlackLoginRefused extends Error {
  readonly remedy: string

  constructor(reason: string, remedy: string) {
    super(reason)
    this.name = 'SlackLoginRefused'
    this.remedy = remedy
  }
}

// https://docs.slack.dev/reference/methods/chat.postMessage#errors and conversations.open, as known on 2026-11-23.
const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'external_channel_migrating',
])
const unknownChat: ReadonlySet<string> = new Set([
  'channel_not_found',
  'user_not_found',
  'users_not_found',
  'user_not_visible',
])
const closedChat: ReadonlySet<string> = new Set([
  'not_in_channel',
  'is_archived',
  'is_inactive',
  'user_disabled',
  'cannot_dm_bot',
  'messages_tab_disabled',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
])
const refusedLogin: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'not_allowed_token_type',
  'no_permission',
  'org_login_required',
  'ekm_access_denied',
  'team_access_not_granted',
  'two_factor_setup_required',
  'access_denied',
])

const hints: Readonly<Record<string, string>> = {
  channel_not_found: 'There is no such chat, or the bot may not see it.',
  not_in_channel: 'Invite the bot to the channel.',
  is_archived: 'The channel is archived.',
  messages_tab_disabled: "Turn on the Messages tab on the app's page App Home.",
}

/** Returns what can be done about a part that was not posted. Anything but Slack's own trouble comes back as it is. */
export function sendFailure(error: unknown): unknown {
  if (error instanceof SlackUnreachable) {
    return new ChannelFailure('retry', error.message, retryAfter(error))
  }
  if (!(error instanceof SlackRefusal)) return error
  const hint = hints[error.word]
  const message = hint === undefined ? error.message : `${error.message} ${hint}`
  if (passing.has(error.word)) return new ChannelFailure('retry', message, retryAfter(error))
  if (unknownChat.has(error.word)) return new ChannelFailure('chat_unknown', message)
  if (closedChat.has(error.word)) return new ChannelFailure('chat_closed', message)
  if (refusedLogin.has(error.word)) return new ChannelFailure('login_refused', message)
  return new ChannelFailure('refused', message)
}

/** Tells which token a refusal on the way to a socket is about, and what to do. Anything that may pass by itself comes back as it is. */
export function loginFailure(error: unknown, token: 'bot' | 'app'): unknown {
  if (!(error instanceof SlackRefusal) || passing.has(error.word)) return error
  const [what, remedy] =
    token === 'bot'
      ? ['the bot token (channels.slack.botToken)', botTokenRemedy]
      : ['the app-level token (channels.slack.appToken)', appTokenRemedy]
  if (error.word !== 'missing_scope') {
    return new SlackLoginRefused(`Slack refuses ${what}: ${error.word}.`, remedy)
  }
  const scope = error.needed ?? (token === 'bot' ? 'chat:write' : 'connections:write')
  const reason = `Slack refuses ${what}: missing_scope, it lacks ${scope}.`
  return new SlackLoginRefused(reason, token === 'bot' ? scopeRemedy(scope) : remedy)
}

/** What people must do about a scope that the bot token lacks. */
export function scopeRemedy(scope: string): string {
  return `Add the scope ${scope} on the app's page OAuth & Permissions, reinstall the app, and copy the new bot token (xoxb-) into channels.slack.botToken.`
}

function retryAfter({ retryAfterMs }: SlackRefusal | SlackUnreachable): { readonly retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}
