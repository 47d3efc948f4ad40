import type { ProviderEvent, ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'

/** Yields what a model answers to a turn; the last event is `finish`. The signal is the turn's deadline. */
export function answerTurn(
  resolved: ResolvedModel,
  turn: ProviderTurn,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent, void, undefined> {
  return resolved.provider.stream(turn, signal)
}
