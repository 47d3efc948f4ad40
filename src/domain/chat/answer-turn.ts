import type { ProviderEvent } from '../models/provider.ts'
import { askModels, type TurnMaker } from './ask-models.ts'
import { type AnswerEvent, type Asking, structured } from './structured-output.ts'
import { withTools } from './tool-loop.ts'
import type { TurnAttempts } from './turn-attempts.ts'
import type { TurnExtras } from './turn-extras.ts'

/**
 * Asks the models of a turn, and resolves to what the one that answers says, open at its first token; the last event is `finish`. Rejects
 * as `askModels` does. A turn without tools and form is the model's own answer, with nothing in between.
 */
export function answerTurn(
  attempts: TurnAttempts,
  turnFor: TurnMaker,
  extras: TurnExtras | undefined,
): Promise<AsyncIterable<AnswerEvent>> {
  const first = askModels(attempts, turnFor)
  return extras === undefined ? first : first.then((answer) => layered(attempts, answer, extras))
}

function layered(
  attempts: TurnAttempts,
  first: AsyncIterable<ProviderEvent>,
  { runTool, check }: TurnExtras,
): AsyncIterable<AnswerEvent> {
  const asking = new AskingAgain(attempts)
  const answer = runTool === undefined ? first : withTools(asking, first, runTool)
  return check === undefined ? answer : structured(asking, answer, check)
}

/** Asks the model that has answered a turn. */
class AskingAgain implements Asking {
  readonly #attempts: TurnAttempts

  constructor(attempts: TurnAttempts) {
    this.#attempts = attempts
  }

  get turn(): Asking['turn'] {
    return this.#attempts.turn
  }

  get model(): Asking['model'] {
    return this.#attempts.resolved.model
  }

  ask(turn: Asking['turn']): Promise<AsyncIterable<ProviderEvent>> {
    return askModels(this.#attempts, () => turn)
  }
}
