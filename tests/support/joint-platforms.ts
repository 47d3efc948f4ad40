import { DiscordServer } from './discord-server.ts'
import { userOf } from './discord-world.ts'
import { at, textAt } from './json.ts'
import { openAiDefaults, startOpenAiServer } from './openai-server.ts'
import type { ProviderServer, RecordedRequest } from './provider-server.ts'
import { SlackServer } from './slack-server.ts'
import { tooMany } from './slack-web-methods.ts'
import { startTelegramServer } from './telegram-server.ts'

/** One strict platform with some direct chats, as tests of all three at once use it. */
export interface JointPlatform {
  readonly name: 'telegram' | 'discord' | 'slack'
  /** The channel's section in the config, without its policy. */
  readonly section: Readonly<Record<string, unknown>>
  /** The person of a chat, counted from 0, writes. */
  say(chat: number, text: string): void
  /** The platform's id of a chat. */
  chatId(chat: number): string
  /** What the bot has posted in a chat, in order. */
  posted(chat: number): readonly string[]
  /** No port, no connections. */
  down(): Promise<void>
  up(): Promise<void>
  /** Connections end without a close; the port stands. */
  cut(): Promise<void>
  /** The link's connections stay open and say nothing more; new ones work after `ends`. */
  silence(): { ends(): void }
  /** Every post is answered 429 until told otherwise. */
  limit(isOn: boolean): void
  /** What the platform would have refused. */
  violations(): readonly string[]
}

/** Three platforms and a model. */
export interface JointWorld extends AsyncDisposable {
  readonly platforms: readonly JointPlatform[]
  readonly provider: ProviderServer
  /** The sections `models` and `channels`, open to everybody. */
  readonly config: Readonly<Record<string, unknown>>
}

/** Starts a strict Telegram, Discord, Slack and OpenAI, with so many direct chats each. The model says `re ` and the message, with small delays. */
export async function startJointWorld(chats: number): Promise<JointWorld> {
  const stack = new AsyncDisposableStack()
  const provider = stack.use(await startOpenAiServer())
  provider.behave = (request) => ({
    pieces: ['re ', messageOf(request)],
    pauseMs: provider.requests.length % 7,
  })
  const platforms = [await telegram(stack, chats), await discord(stack, chats), await slack(stack, chats)]
  const fake = { api: 'openai-completions', baseUrl: provider.url, apiKey: openAiDefaults.apiKey }
  return {
    platforms,
    provider,
    config: {
      models: { default: 'gpt-4o-mini', providers: { fake } },
      channels: Object.fromEntries(
        platforms.map(({ name, section }) => [name, { ...section, dmPolicy: 'open', allowFrom: ['*'] }]),
      ),
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The last thing that a person has said to the model. */
export function messageOf({ body }: RecordedRequest): string {
  const messages = at(body, 'messages')
  return Array.isArray(messages) ? textAt(messages.at(-1), 'content') : ''
}

async function telegram(stack: AsyncDisposableStack, chats: number): Promise<JointPlatform> {
  const server = stack.use(await startTelegramServer())
  const idOf = (chat: number): number => 1_000 + chat
  for (let chat = 0; chat < chats; chat++) {
    server.state.chats.set(idOf(chat), { id: idOf(chat), type: 'private' })
  }
  const limited = {
    ok: false,
    error_code: 429,
    description: 'Too Many Requests: retry after 1',
    parameters: { retry_after: 1 },
  } as const
  return {
    name: 'telegram',
    section: { botToken: server.token, apiRoot: server.url },
    say: (chat, text) =>
      void server.say(text, { from: { id: idOf(chat), first_name: `Person ${chat}`, is_bot: false } }),
    chatId: (chat) => String(idOf(chat)),
    posted: (chat) => server.taken.filter(({ chatId }) => chatId === idOf(chat)).map(({ text }) => text),
    down: () => server.down(),
    up: () => server.up(),
    async cut() {
      await server.down()
      await server.up()
    },
    silence() {
      server.vanish()
      return { ends: () => server.comeBack() }
    },
    limit: (isOn) => server.always('sendMessage', isOn ? limited : undefined),
    violations: () => [],
  }
}

async function discord(stack: AsyncDisposableStack, chats: number): Promise<JointPlatform> {
  const server = stack.use(await DiscordServer.start())
  server.limit = 1_000
  const people = Array.from({ length: chats }, (_, chat) => ({
    author: userOf(`1072000000000${String(chat).padStart(6, '0')}`, `person${chat}`),
    chatId: server.world.addChannel(null),
  }))
  const personOf = (chat: number) => {
    const person = people[chat]
    if (!person) throw new Error(`there is no chat ${chat}`)
    return person
  }
  return {
    name: 'discord',
    section: { token: server.token, apiRoot: server.apiRoot },
    say(chat, content) {
      const { author, chatId } = personOf(chat)
      server.say(chatId, { content, author })
    },
    chatId: (chat) => personOf(chat).chatId,
    posted: (chat) => server.posted(personOf(chat).chatId).map(({ content }) => content),
    down: () => server.down(),
    up: () => server.up(),
    cut: async () => server.gateway.cut(),
    silence() {
      server.gateway.isSilent = true
      server.gateway.freeze()
      return {
        ends() {
          server.gateway.isSilent = false
        },
      }
    },
    limit(isOn) {
      const body = { message: 'You are being rate limited.', retry_after: 1, global: false }
      const headers = { 'retry-after': '1', 'x-ratelimit-scope': 'shared' }
      server.fault = isOn
        ? (method, path) =>
            method === 'POST' && path.endsWith('/messages') ? { status: 429, headers, body } : undefined
        : undefined
    },
    violations: () => server.gateway.violations,
  }
}

async function slack(stack: AsyncDisposableStack, chats: number): Promise<JointPlatform> {
  const server = stack.use(await SlackServer.start({ ackMs: 1_000, pingMs: 1_000 }))
  const { workspace } = server
  const idOf = (chat: number): string => `D9${chat}`
  for (let chat = 0; chat < chats; chat++) {
    workspace.users.set(`U9${chat}`, { name: `person${chat}` })
    workspace.rooms.set(idOf(chat), { user: `U9${chat}` })
  }
  return {
    name: 'slack',
    section: server.settings,
    say: (chat, text) => void server.say({ channel: idOf(chat), user: `U9${chat}`, text }),
    chatId: idOf,
    posted: (chat) => workspace.posts.filter(({ channel }) => channel === idOf(chat)).map(({ text }) => text),
    down: () => server.down(),
    up: () => server.up(),
    cut: async () => server.sockets.cut(),
    silence() {
      server.sockets.silence()
      return { ends: () => undefined }
    },
    limit(isOn) {
      server.standing.delete('chat.postMessage')
      if (isOn) server.standing.set('chat.postMessage', tooMany(1))
    },
    violations: () => workspace.violations,
  }
}
