import { Type } from '../../schema/type.ts'

/** The section `skills`. */
export const SkillsSchema = Type.Object(
  {
    dirs: Type.Optional(
      Type.Array(Type.String({ kind: 'path' }), {
        orSingle: true,
        maxItems: 100,
        description:
          'Folders with skills, after the bundled ones. Without it `skills` beside the config file.',
      }),
    ),
    entries: Type.Record(
      Type.String(),
      Type.Object({
        enabled: Type.Boolean({ default: true, description: 'Whether the skill takes part.' }),
        env: Type.Record(Type.String(), Type.String({ maxLength: 10_000, secret: true }), {
          default: {},
          maxProperties: 100,
          description: 'Environment variables that the skill is given.',
        }),
      }),
      { default: {}, maxProperties: 1000, description: 'Settings of single skills by name.' },
    ),
  },
  { default: {}, description: 'What models are taught on demand.' },
)

/** The section `logging`. */
export const LoggingSchema = Type.Object(
  {
    level: Type.Enum(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'Least severity that is written.',
    }),
    file: Type.Optional(
      Type.String({
        kind: 'path',
        description: 'Log file. Without it `logs/gateway.log` in the state folder.',
      }),
    ),
    format: Type.Enum(['text', 'json'], {
      default: 'text',
      description: 'What is printed: lines for people, or JSON. The file always holds JSON.',
    }),
  },
  { default: {}, description: 'What is written down of the running gateway.' },
)

/** The section `audit`. */
export const AuditSchema = Type.Object(
  {
    retentionDays: Type.Integer({
      minimum: 1,
      maximum: 3650,
      default: 90,
      unit: 'days',
      description: 'How long audit records are kept.',
    }),
  },
  { default: {}, description: 'Who did what, when.' },
)

/** The section `conversations`. */
export const ConversationsSchema = Type.Object(
  {
    historyMessages: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 100,
      unit: 'messages',
      description: 'The most earlier messages that a model is shown.',
    }),
    retentionDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        unit: 'days',
        description: 'How long a conversation is kept after its last message. Without it for ever.',
      }),
    ),
    summarize: Type.Boolean({
      default: false,
      description: 'Whether a model keeps a summary of what no longer fits.',
    }),
  },
  { default: {}, description: 'What is remembered.' },
)

/** The section `usage`. */
export const UsageSchema = Type.Object(
  {
    retentionDays: Type.Integer({
      // A budget counts a month.
      minimum: 32,
      maximum: 3650,
      default: 400,
      unit: 'days',
      description: 'How long the record of what a turn used and cost is kept.',
    }),
  },
  { default: {}, description: 'What turns use and cost.' },
)
