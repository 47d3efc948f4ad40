import { listModels } from '../../domain/models/list-models.ts'
import { listSkills } from '../../domain/skills/list-skills.ts'
import type { App, HttpParts } from '../app.ts'
import { jsonReply } from '../openapi.ts'
import { strict } from '../schemas/common.ts'
import { ModelsReply, SkillsReply } from '../schemas/models.ts'

/** `GET /models` and `GET /skills`. */
export function modelRoutes(app: App, http: HttpParts): void {
  app.get(
    '/models',
    {
      config: {
        scope: 'read',
        summary: 'List the models.',
        responses: jsonReply('All models.', ModelsReply),
      },
      schema: { querystring: strict({}) },
    },
    (request) => ({ data: listModels(http.parts, request.gateway.token?.models ?? null) }),
  )
  app.get(
    '/skills',
    {
      config: {
        scope: 'read',
        summary: 'List the skills.',
        responses: jsonReply('All skills.', SkillsReply),
      },
      schema: { querystring: strict({}) },
    },
    async () => ({ data: await listSkills(http.parts.answers.skills) }),
  )
}
