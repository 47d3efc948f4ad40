import { OpenClawClient } from './client.ts'

export type * from './api-types.ts'
export type { ChatOptions, ClientOptions, RequestOptions } from './client.ts'
export {
  ApiError,
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  ConflictError,
  ConnectionFailedError,
  NotFoundError,
  OpenClawError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  StreamError,
  TimedOutError,
  WebhookVerificationError,
} from './errors.ts'
export type { EventStream } from './event-stream.ts'
export { signWebhook, verifyWebhook } from './webhooks.ts'
// `require('openclaw-client')` gives the class itself by the last name (https://nodejs.org/api/modules.html).
// biome-ignore lint/style/noDefaultExport: what `import OpenClawClient from 'openclaw-client'` expects.
export { OpenClawClient, OpenClawClient as default, OpenClawClient as 'module.exports' }
