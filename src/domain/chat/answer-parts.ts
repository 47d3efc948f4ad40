import type { RunningKeys } from '../idempotency/running-keys.ts'
import type { ImageFetcher } from '../images/image.ts'
import type { SchemaCompiler } from '../schemas/schema-compiler.ts'
import type { SkillShelf } from '../skills/skill.ts'
import type { Budgets } from '../usage/budgets.ts'
import type { SummaryQueue } from './summary-queue.ts'

/** What only answers need. */
export interface AnswerParts {
  /** What models are taught on demand. */
  readonly skills: SkillShelf
  /** Checks of the forms that callers want answers in. */
  readonly schemas: SchemaCompiler
  /** Images behind URLs that callers give. */
  readonly images: ImageFetcher
  /** What tokens may spend. */
  readonly budgets: Budgets
  /** The Idempotency-Keys of calls that run. */
  readonly keys: RunningKeys
  /** What is kept of turns that are shown no longer. */
  readonly summaries: SummaryQueue
}
