import { Type } from '../../schema/type.ts'
import { Nullable, strict } from './common.ts'

/** Reply of `GET /api/v1/models`. */
export const ModelsReply = strict({
  data: Type.Array(
    strict({
      id: Type.String(),
      provider: Type.String(),
      name: Type.String(),
      contextWindow: Nullable(Type.Integer()),
      maxOutputTokens: Nullable(Type.Integer()),
      available: Type.Boolean({
        description:
          'False where the provider could not be asked for its models the last time, or is left alone for a while after failures.',
      }),
      default: Type.Boolean({ description: 'True for exactly one row.' }),
    }),
  ),
})

/** Reply of `GET /api/v1/skills`. */
export const SkillsReply = strict({
  data: Type.Array(
    strict({
      name: Type.String(),
      description: Type.String(),
      enabled: Type.Boolean({
        description:
          'True where models are shown it by themselves. A bundled one takes part where it is named, too.',
      }),
      eligible: Type.Boolean({ description: 'False where it cannot be used: `reason` says why.' }),
      reason: Nullable(Type.String()),
      source: Type.String({ description: '`bundled`, or the folder that holds it.', examples: ['bundled'] }),
    }),
  ),
})
