// What `require('openclaw-client')` gives: the class, which has the other exports as properties. A test holds it to `src/exports.ts`.
import type * as esm from './dist/exports.js' with { 'resolution-mode': 'import' }

/** Talks to one gateway. */
declare const OpenClawClient: typeof esm.OpenClawClient & typeof esm
interface OpenClawClient extends esm.OpenClawClient {}

declare namespace OpenClawClient {
  type ApiError = esm.ApiError
  type AuthenticationError = esm.AuthenticationError
  type BadRequestError = esm.BadRequestError
  type BudgetExceededError = esm.BudgetExceededError
  type ChatOptions = esm.ChatOptions
  type ChatReply = esm.ChatReply
  type ChatRequest = esm.ChatRequest
  type ClientOptions = esm.ClientOptions
  type ConflictError = esm.ConflictError
  type ConnectionFailedError = esm.ConnectionFailedError
  type Conversation = esm.Conversation
  type ConversationPage = esm.ConversationPage
  type EventStream = esm.EventStream
  type Health = esm.Health
  type HealthDetail = esm.HealthDetail
  type Message = esm.Message
  type MessagePage = esm.MessagePage
  type Model = esm.Model
  type ModelList = esm.ModelList
  type NotFoundError = esm.NotFoundError
  type OpenClawError = esm.OpenClawError
  type PermissionDeniedError = esm.PermissionDeniedError
  type RateLimitError = esm.RateLimitError
  type RequestOptions = esm.RequestOptions
  type SendReply = esm.SendReply
  type ServerError = esm.ServerError
  type Skill = esm.Skill
  type StreamError = esm.StreamError
  type StreamEvent = esm.StreamEvent
  type TimedOutError = esm.TimedOutError
  type UsageRow = esm.UsageRow
  type WebhookHeaders = esm.WebhookHeaders
  type WebhookVerificationError = esm.WebhookVerificationError
}
export = OpenClawClient
