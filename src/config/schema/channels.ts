import { Type } from '../../schema/type.ts'

const enabled = Type.Boolean({ default: true, description: 'Whether the channel is started.' })

const dmPolicy = Type.Enum(['pairing', 'allowlist', 'open', 'disabled'], {
  default: 'pairing',
  description:
    'Who may write to the bot: `pairing` gives a stranger a code for `openclaw pairing approve`, `allowlist` asks `allowFrom`, `open` (needs `allowFrom: ["*"]`) lets everybody in, `disabled` nobody.',
})

const allowFrom = Type.Array(Type.String({ orNumber: true, minLength: 1, maxLength: 100 }), {
  maxItems: 10_000,
  default: [],
  description: "People who may write, by the platform's id, never by name.",
})

const RoomSchema = Type.Object({
  requireMention: Type.Boolean({
    default: true,
    description: 'Whether the bot answers there only when it is mentioned.',
  }),
})

const rooms = (description: string) =>
  Type.Record(Type.String(), RoomSchema, { default: {}, maxProperties: 10_000, description })

const botToken = (description: string) =>
  Type.Optional(Type.String({ kind: 'headerText', secret: true, description }))

const apiRoot = (root: string) =>
  Type.String({
    kind: 'httpUrl',
    default: root,
    description: "Base of the platform's API, for self-hosted ones and proxies.",
  })

const TelegramWebhookSchema = Type.Object(
  {
    url: Type.String({
      kind: 'httpUrl',
      description:
        "Where Telegram reaches the gateway's `/channels/telegram/webhook`: an address that it can open from outside, with HTTPS.",
    }),
    secret: Type.String({
      minLength: 16,
      maxLength: 256,
      pattern: '^[A-Za-z0-9_-]+$',
      expected: 'a text of 16 to 256 characters of A-Z, a-z, 0-9, _ and -',
      secret: true,
      description: 'Comes back in a header of each request, so that nobody else can post updates.',
    }),
  },
  { description: 'Has Telegram post updates to the gateway. Without it the gateway asks for them.' },
)

/** The section `channels`: where people write from. */
export const ChannelsSchema = Type.Object(
  {
    telegram: Type.Optional(
      Type.Object({
        enabled,
        botToken: botToken('Token of the bot. Without it `TELEGRAM_BOT_TOKEN`.'),
        apiRoot: apiRoot('https://api.telegram.org'),
        dmPolicy,
        allowFrom,
        groupPolicy: Type.Enum(['allowlist', 'open', 'disabled'], {
          default: 'open',
          description: 'In which groups the bot answers: those in `groups`, all, or none.',
        }),
        groups: rooms('Groups by id; `*` stands for all others.'),
        textChunkLimit: Type.Integer({
          minimum: 100,
          maximum: 4096,
          default: 4096,
          unit: 'UTF-16 units',
          description: 'Longest part of a split message.',
        }),
        webhook: Type.Optional(TelegramWebhookSchema),
      }),
    ),
    discord: Type.Optional(
      Type.Object({
        enabled,
        token: botToken('Token of the bot. Without it `DISCORD_BOT_TOKEN`.'),
        apiRoot: apiRoot('https://discord.com/api'),
        dmPolicy,
        allowFrom,
        guilds: rooms('Servers by id. Unlisted ones are ignored.'),
      }),
    ),
    slack: Type.Optional(
      Type.Object({
        enabled,
        botToken: botToken('Bot token (`xoxb-…`). Without it `SLACK_BOT_TOKEN`.'),
        appToken: botToken('App-level token (`xapp-…`). Without it `SLACK_APP_TOKEN`.'),
        apiRoot: apiRoot('https://slack.com/api/'),
        dmPolicy,
        allowFrom,
        channels: rooms('Channels by id. Unlisted ones are ignored.'),
      }),
    ),
  },
  { default: {}, description: 'Where people write from, beside the API.' },
)
