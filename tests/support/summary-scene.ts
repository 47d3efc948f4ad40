import type { ProviderTurn } from '../../src/domain/models/provider.ts'
import type { Store } from '../../src/domain/store.ts'
import type { Token } from '../../src/domain/tokens/token.ts'
import { newToken, partsOver, requestOf, type TestParts, type TestSettings } from './domain-parts.ts'
import { ScriptedProvider, saying } from './scripted-provider.ts'
import { eventOf, turnOf } from './turns.ts'

const prices = new Map([['scripted/one', { input: 1, output: 10 }]])

/** How a model summarizes. */
export type Summarizer = ScriptedProvider['script']

const summarizers = new WeakMap<ScriptedProvider, Summarizer>()

/** Sets how the next summaries are made. */
export function scriptOf(provider: ScriptedProvider, script: Summarizer): void {
  summarizers.set(provider, script)
}

/** A gateway whose model answers `Reply to …`, and `Summary 1`, `Summary 2` where it is asked for summaries. */
export interface SummaryScene {
  readonly parts: TestParts
  readonly provider: ScriptedProvider
  readonly token: Token
  /** Runs one turn, waits for the summaries, and resolves to the conversation's id. */
  say(message: string, more?: object, conversationId?: string): Promise<string>
}

/** Sets a scene over a store. */
export async function summaryScene(
  store: Store,
  options: TestSettings,
  window: number | null = null,
  token: Token = newToken(),
): Promise<SummaryScene> {
  const models = [
    { id: 'one', name: 'one', contextWindow: window, maxOutputTokens: null },
    { id: 'two', name: 'two', contextWindow: null, maxOutputTokens: null },
  ]
  let made = 0
  const provider: ScriptedProvider = new ScriptedProvider('scripted', models, (turn, signal) => {
    if (!isSummary(turn)) return saying(`Reply to ${turn.messages.at(-1)?.content.slice(0, 20)}`)
    const script = summarizers.get(provider) ?? (() => saying(`Summary ${++made}`))
    return script(turn, signal)
  })
  const parts = partsOver(store, [provider], { summarize: true, prices, ...options })
  await parts.models.refresh()
  const say = async (message: string, more: object = {}, conversationId?: string): Promise<string> => {
    const input = { message, ...more, ...(conversationId === undefined ? {} : { conversationId }) }
    const events = await turnOf(requestOf(parts, token), input)
    await parts.answers.summaries.idle()
    return eventOf(events, 'start').conversationId
  }
  return { parts, provider, say, token }
}

function isSummary({ systemPrompt = '' }: ProviderTurn): boolean {
  return systemPrompt.startsWith('You keep the memory')
}

/** The questions for summaries, oldest first. */
export function summariesAsked({ asked }: ScriptedProvider): readonly ProviderTurn[] {
  return asked.map(({ turn }) => turn).filter(isSummary)
}

/** The questions of turns, oldest first. */
export function turnsAsked({ asked }: ScriptedProvider): readonly ProviderTurn[] {
  return asked.map(({ turn }) => turn).filter((turn) => !isSummary(turn))
}

/** What a question for a summary says. */
export function textOf(turn: ProviderTurn | undefined): string {
  return turn?.messages[0]?.content ?? ''
}
