import type { App, HttpParts } from '../app.ts'
import { jsonReply } from '../openapi.ts'
import { HealthDetailReply, HealthReply } from '../schemas/health.ts'

/** `GET /health`, open to everybody, and `GET /health/detail`. Neither ever calls a model. */
export function healthRoutes(app: App, http: HttpParts): void {
  app.get(
    '/health',
    {
      config: {
        scope: 'none',
        summary: 'Whether the gateway serves.',
        responses: jsonReply('It does.', HealthReply),
      },
    },
    () => ({ status: 'ok', version: http.version, uptime: http.uptimeSeconds() }),
  )
  app.get(
    '/health/detail',
    {
      config: {
        scope: 'read',
        summary: 'How each part of the gateway is.',
        responses: jsonReply('Each part with its own status.', HealthDetailReply),
      },
    },
    () => {
      const { status, ...parts } = http.health()
      return { status, version: http.version, uptime: http.uptimeSeconds(), ...parts }
    },
  )
}
