import type {
  ModelInfo,
  ModelProvider,
  ProviderEvent,
  ProviderTurn,
} from '../../src/domain/models/provider.ts'

/** How a scripted model answers one turn. It must end with its signal's reason where that aborts. */
export type Script = (
  turn: ProviderTurn,
  signal: AbortSignal,
) => AsyncGenerator<ProviderEvent, void, undefined>

/** A provider that lists what it is told to and answers by a script; it keeps what it was asked. */
export class ScriptedProvider implements ModelProvider {
  readonly name: string
  /** Every turn that it was asked for, oldest first, with its signal. */
  readonly asked: { readonly turn: ProviderTurn; readonly signal: AbortSignal }[] = []
  /** How often its models were asked for. */
  listings = 0
  /** How many answers are being given now. */
  running = 0
  /** What `models` does; may be changed at any time. */
  list: (signal: AbortSignal) => Promise<readonly ModelInfo[]>
  /** How the next turns are answered. */
  script: Script

  constructor(
    name: string,
    models: readonly (string | ModelInfo)[],
    script: Script = () => saying('Hello.'),
  ) {
    this.name = name
    this.list = async () => models.map(modelOf)
    this.script = script
  }

  models(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    this.listings++
    return this.list(signal)
  }

  async *stream(turn: ProviderTurn, signal: AbortSignal): AsyncGenerator<ProviderEvent, void, undefined> {
    this.asked.push({ turn, signal })
    this.running++
    try {
      signal.throwIfAborted()
      yield* this.script(turn, signal)
    } finally {
      this.running--
    }
  }

  async close(): Promise<void> {
    this.running = 0
  }
}

/** Answers with these texts and ends as it should. Usage is 7 and 3 tokens. */
export async function* saying(...texts: readonly string[]): AsyncGenerator<ProviderEvent, void, undefined> {
  for (const text of texts) yield { type: 'text', text }
  yield { type: 'finish', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } }
}

/** Rejects with the signal's reason when that aborts, and does nothing before. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function modelOf(model: string | ModelInfo): ModelInfo {
  return typeof model === 'string'
    ? { id: model, name: model, contextWindow: null, maxOutputTokens: null }
    : model
}
