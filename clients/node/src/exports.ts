export type * from './api-types.ts'
export type { ChatOptions, ClientOptions, RequestOptions } from './client.ts'
export { OpenClawClient } from './client.ts'
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
export { signWebhook, verifyWebhook, type WebhookHeaders } from './webhooks.ts'
