import type { Static } from 'typebox'
import { Type } from '../schema/type.ts'
import { ApiSchema } from './schema/api.ts'
import { ChannelsSchema } from './schema/channels.ts'
import {
  AuditSchema,
  ConversationsSchema,
  LoggingSchema,
  SkillsSchema,
  UsageSchema,
} from './schema/general.ts'
import { ModelsSchema } from './schema/models.ts'

/**
 * The whole config file: types, bounds, defaults, units and descriptions. Beside JSON Schema's own keywords it uses those of
 * `SchemaNode`. Every default stands in its final form: absolute paths, sizes in bytes, lists as lists.
 */
export const ConfigSchema = Type.Object({
  api: ApiSchema,
  models: ModelsSchema,
  channels: ChannelsSchema,
  skills: SkillsSchema,
  logging: LoggingSchema,
  audit: AuditSchema,
  conversations: ConversationsSchema,
  usage: UsageSchema,
})

/** A valid config with every default filled in, variables put in, paths absolute and sizes in bytes. */
export type Config = Static<typeof ConfigSchema>
