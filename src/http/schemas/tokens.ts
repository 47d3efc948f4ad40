import type { Static } from 'typebox'
import { Type } from '../../schema/type.ts'
import { strict, Timestamp } from './common.ts'

/** Body of `POST /api/v1/tokens/session`. */
export const SessionBody = strict({
  origin: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'The one origin whose pages may use the token. It must be in `api.security.cors.origins`.',
    examples: ['https://app.example.com'],
  }),
  rateLimit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 60, default: 10, description: 'Requests a minute, 1 to 60.' }),
  ),
  ttlSeconds: Type.Optional(
    Type.Integer({
      minimum: 60,
      maximum: 900,
      default: 900,
      description: 'How long it is valid, 60 to 900.',
    }),
  ),
  continues: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description:
        'An earlier session token of the same page, also an expired one: its conversations stay open to the new one.',
    }),
  ),
})
/** Body of `POST /api/v1/tokens/session`. */
export type SessionBody = Static<typeof SessionBody>

/** Reply of `POST /api/v1/tokens/session`. */
export const SessionReply = strict({
  id: Type.String({ description: 'Owns the conversations that the page opens.' }),
  token: Type.String({ description: 'For the page. Shown this once.' }),
  scope: Type.Array(Type.String()),
  origin: Type.String(),
  rateLimit: Type.Integer(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})
