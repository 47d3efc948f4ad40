import { randomUUID } from 'node:crypto'

/** What a method answers; a status other than 200 stands in `status`. */
export interface SlackAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string goes as it stands. */
  readonly body: unknown
}

/** One call as the server has seen it. */
export interface SlackCall {
  readonly method: string
  readonly token: string
  readonly args: Readonly<Record<string, string>>
  /** `performance.now()`. */
  readonly at: number
}

/** A message that stands in a channel. */
export interface SlackPost {
  readonly channel: string
  readonly text: string
  readonly thread: string | undefined
  readonly ts: string
  readonly user: string
}

/** A channel, a group or a direct chat. */
export interface SlackRoom {
  readonly name?: string
  /** The other person of a direct chat. */
  readonly user?: string
  readonly isMember?: boolean
  readonly isArchived?: boolean
}

/** A workspace with one app in it, by Slack's own rules: https://docs.slack.dev/reference/methods. */
export class SlackWorkspace {
  readonly botToken = `xoxb-1111-${randomUUID()}`
  readonly appToken = `xapp-1-A0APP-${randomUUID()}`
  readonly bot = { userId: 'U0BOT', botId: 'B0BOT', appId: 'A0APP', teamId: 'T0TEAM' }
  readonly users = new Map<string, Readonly<Record<string, unknown>>>([
    ['U1', { name: 'ada', real_name: 'Ada Lovelace', profile: { display_name: 'Ada' } }],
    ['U2', { name: 'bob', real_name: 'Bob Babbage', profile: { display_name: '' } }],
    ['U0BOT', { name: 'bot', is_bot: true, profile: {} }],
  ])
  readonly rooms = new Map<string, SlackRoom>([
    ['C1', { name: 'general' }],
    ['C2', { name: 'random' }],
    ['C3', { name: 'old', isArchived: true }],
    ['C4', { name: 'private', isMember: false }],
    ['D1', { user: 'U1' }],
    ['D2', { user: 'U2' }],
  ])
  readonly posts: SlackPost[] = []
  /** What a strict Slack would refuse. Empty at the end of every test. */
  readonly violations: string[] = []
  scopes = 'app_mentions:read,chat:write,im:history,im:write,users:read,channels:read'
  #clock = 1_763_000_000_000_000

  /** A `ts` of its own for each message. */
  nextTs(): string {
    this.#clock += 1_000_003
    return `${Math.floor(this.#clock / 1_000_000)}.${String(this.#clock % 1_000_000).padStart(6, '0')}`
  }

  /** Answers a call, as Slack would, but for `apps.connections.open`. */
  answer({ method, token, args }: SlackCall): SlackAnswer {
    const refusal = this.#tokenRefusal(method, token)
    if (refusal !== undefined) return no(refusal)
    switch (method) {
      case 'auth.test':
        return yes({
          url: 'https://test.slack.com/',
          team: 'Test',
          user: 'bot',
          team_id: this.bot.teamId,
          user_id: this.bot.userId,
          bot_id: this.bot.botId,
        })
      case 'apps.connections.open':
        return yes({})
      case 'chat.postMessage':
        return this.#post(args)
      case 'users.info':
        return this.#user(args.user ?? '')
      case 'conversations.info':
        return this.#room(args.channel ?? '')
      case 'conversations.open':
        return this.#open(args.users ?? '')
      default:
        return no('unknown_method')
    }
  }

  #tokenRefusal(method: string, token: string): string | undefined {
    if (token === '') return 'not_authed'
    if (token !== this.botToken && token !== this.appToken) return 'invalid_auth'
    const wanted = method === 'apps.connections.open' ? this.appToken : this.botToken
    return token === wanted ? undefined : 'not_allowed_token_type'
  }

  #user(id: string): SlackAnswer {
    const user = this.users.get(id)
    return user ? yes({ user: { id, ...user } }) : no('user_not_found')
  }

  #room(id: string): SlackAnswer {
    const room = this.rooms.get(id)
    return room
      ? yes({ channel: { id, name: room.name, is_im: room.user !== undefined } })
      : no('channel_not_found')
  }

  #open(user: string): SlackAnswer {
    if (!this.users.has(user)) return no('user_not_found')
    const known = [...this.rooms].find(([, room]) => room.user === user)
    const id = known?.[0] ?? `D9${user}`
    if (!known) this.rooms.set(id, { user })
    return yes({ channel: { id }, already_open: known !== undefined })
  }

  #post(args: Readonly<Record<string, string>>): SlackAnswer {
    const { channel = '', text = '', thread_ts: thread } = args
    for (const name of Object.keys(args)) {
      if (!postArguments.has(name)) this.violations.push(`chat.postMessage has no argument ${name}`)
    }
    const room = this.rooms.get(channel) ?? [...this.rooms.values()].find(({ user }) => user === channel)
    if (!room) return no('channel_not_found')
    if (room.isArchived) return no('is_archived')
    if (room.isMember === false) return no('not_in_channel')
    if (text.trim() === '') return no('no_text')
    if ([...text].length > 4000) return this.#wrong('msg_too_long', `${[...text].length} characters`)
    if (thread !== undefined && !/^\d+\.\d{6}$/.test(thread)) return this.#wrong('invalid_thread_ts', thread)
    const flaw = mrkdwnFlaw(text)
    if (flaw !== undefined) return this.#wrong('invalid_arguments', flaw)
    if (args.parse === 'full' || args.link_names === 'true')
      this.violations.push('names in the text ring people')
    const post = { channel, text, thread, ts: this.nextTs(), user: this.bot.userId }
    this.posts.push(post)
    return yes({ channel, ts: post.ts, message: { type: 'message', text, ts: post.ts, user: post.user } })
  }

  #wrong(error: string, what: string): SlackAnswer {
    this.violations.push(`${error}: ${what}`)
    return no(error)
  }
}

const postArguments: ReadonlySet<string> = new Set(
  'channel text thread_ts mrkdwn parse link_names unfurl_links unfurl_media reply_broadcast blocks attachments metadata'.split(
    ' ',
  ),
)

// `&`, `<` and `>` stand for themselves nowhere: https://docs.slack.dev/messaging/formatting-message-text#escaping
function mrkdwnFlaw(text: string): string | undefined {
  const ampersand = /&(?!(?:amp|lt|gt);)/.exec(text)
  if (ampersand) return `bare & in ${around(text, ampersand.index)}`
  const rest = text.replace(/<(?:https?:\/\/|mailto:|tel:)[^<>|]+(?:\|[^<>|]*)?>/g, '')
  const sign = /[<>]/.exec(rest.replace(/^> ?/gm, ''))
  return sign ? `bare ${sign[0]} in ${around(rest, sign.index)}` : undefined
}

function around(text: string, index: number): string {
  return JSON.stringify(text.slice(Math.max(0, index - 20), index + 20))
}

/** A refusal as Slack words it: status 200 and a code. */
export function no(error: string, more: Readonly<Record<string, unknown>> = {}): SlackAnswer {
  return { body: { ok: false, error, ...more } }
}

/** The answer to a call too many. */
export function tooMany(retryAfterSeconds: number): SlackAnswer {
  return {
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: { ok: false, error: 'ratelimited' },
  }
}

function yes(fields: Readonly<Record<string, unknown>>): SlackAnswer {
  return { body: { ok: true, ...fields } }
}
