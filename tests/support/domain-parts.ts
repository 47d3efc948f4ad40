import { hash, randomFillSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChannelHub } from '../../src/domain/channels/channel-hub.ts'
import { RunningTurns } from '../../src/domain/chat/running-turns.ts'
import { SummaryQueue } from '../../src/domain/chat/summary-queue.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { Context, Parts } from '../../src/domain/context.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import { RunningKeys } from '../../src/domain/idempotency/running-keys.ts'
import { createIds } from '../../src/domain/ids.ts'
import type { Log, LogFields } from '../../src/domain/log.ts'
import { ModelCatalog } from '../../src/domain/models/catalog.ts'
import type { ModelProvider } from '../../src/domain/models/provider.ts'
import { SchemaChecks } from '../../src/domain/schemas/schema-checks.ts'
import type { Settings } from '../../src/domain/settings.ts'
import type { Store, TurnStore } from '../../src/domain/store.ts'
import type { Scope, Token } from '../../src/domain/tokens/token.ts'
import { Budgets } from '../../src/domain/usage/budgets.ts'
import { Outbox } from '../../src/domain/webhooks/outbox.ts'
import { startSchemaThread } from '../../src/schema/schema-thread.ts'
import { openStore } from '../../src/store/open-store.ts'
import { tokenWith } from './tokens.ts'

/** A real store in a folder of its own. */
export interface TestStore {
  readonly store: Store
  /** Closes the store and removes the folder. */
  close(): Promise<void>
}

/** Opens a store in a new folder. */
export async function openTestStore(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-domain-'))
  const store = await openStore({ file: join(folder, 'openclaw.db') })
  return {
    store,
    async close() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same store with other verbs for turns, to hold one up or to let it fail. */
export function withTurns(store: Store, turns: Partial<TurnStore>): Store {
  const { conversations, tokens, audit, limits, webhooks, channels, usage, keys, summaries, retention } =
    store
  return {
    conversations,
    tokens,
    audit,
    limits,
    webhooks,
    channels,
    usage,
    keys,
    summaries,
    retention,
    turns: { ...store.turns, ...turns },
    health: () => store.health(),
    close: () => store.close(),
  }
}

/** A clock that stands until a test moves it. */
export class TestClock implements Clock {
  ms = 1_775_000_000_000

  now(): number {
    return this.ms
  }

  monotonic(): number {
    return this.ms - 1_775_000_000_000
  }
}

/** The parts of a gateway as the domain sees them, and what a test may look at. */
export interface TestParts extends Parts {
  readonly clock: TestClock
  readonly logged: readonly { readonly message: string; readonly fields: LogFields | undefined }[]
}

/** What a test sets otherwise than the gateway's defaults. */
export interface TestSettings {
  readonly default?: string | null
  readonly aliases?: Readonly<Record<string, string>>
  /** None unless told otherwise. */
  readonly retries?: number
  readonly fallbacks?: readonly string[]
  readonly timeouts?: Partial<Settings['models']['timeouts']>
  readonly historyMessages?: number
  readonly retentionDays?: number
  readonly summarize?: boolean
  readonly screening?: Settings['prompts']['screening']
  readonly endpoints?: Settings['webhooks']['endpoints']
  readonly channels?: Settings['channels']
  /** No skills, and nothing behind any URL, unless told otherwise. */
  readonly answers?: Partial<Parts['answers']>
  /** None unless told otherwise, by `provider/id`. */
  readonly prices?: Settings['models']['prices']
}

const noAnswers: Omit<Parts['answers'], 'budgets' | 'keys' | 'summaries'> = {
  skills: {
    offer: () => undefined,
    all: async () => [],
    readFile: async () => '',
  },
  schemas: new SchemaChecks({
    startThread: startSchemaThread,
    hash: (text) => hash('sha256', text),
    monotonic: () => performance.now(),
  }),
  images: {
    fetch: () => Promise.reject(new GatewayError('invalid_request', 'The URL could not be fetched.')),
  },
}

/** Puts the parts of a gateway together over a store and providers. */
export function partsOver(
  store: Store,
  providers: readonly ModelProvider[],
  options: TestSettings = {},
): TestParts {
  const clock = new TestClock()
  const logged: { readonly message: string; readonly fields: LogFields | undefined }[] = []
  const timeouts = {
    connectMs: 5_000,
    firstTokenMs: 60_000,
    idleMs: 30_000,
    totalMs: 110_000,
    streamMs: 600_000,
  }
  const settings: Settings = {
    models: {
      default: options.default ?? null,
      aliases: options.aliases ?? {},
      retries: options.retries ?? 0,
      fallbacks: options.fallbacks ?? [],
      timeouts: { ...timeouts, ...options.timeouts },
      prices: options.prices ?? new Map(),
      currency: 'USD',
    },
    prompts: { screening: options.screening ?? 'flag' },
    conversations: {
      historyMessages: options.historyMessages ?? 50,
      retentionDays: options.retentionDays ?? null,
      summarize: options.summarize ?? false,
    },
    usage: { retentionDays: 400 },
    channels: options.channels ?? [],
    webhooks: { endpoints: options.endpoints ?? [] },
  }
  const ids = createIds(
    () => clock.now(),
    (bytes) => randomFillSync(bytes),
  )
  const outbox = new Outbox({ clock, ids, endpoints: () => settings.webhooks.endpoints })
  const log: Log = (_level, message, fields) => void logged.push({ message, fields })
  const budgets = new Budgets({ store: store.usage, clock, log, outbox, currency: () => 'USD' })
  return {
    store,
    models: new ModelCatalog(providers),
    turns: new RunningTurns(),
    clock,
    ids,
    random: () => 0,
    outbox,
    channels: new ChannelHub({ fillRandom: (bytes) => void randomFillSync(bytes) }),
    log,
    answers: {
      ...noAnswers,
      budgets,
      keys: new RunningKeys(),
      summaries: new SummaryQueue(),
      ...options.answers,
    },
    settings: () => settings,
    logged,
  }
}

/** A token that nobody else has, with scope `chat` unless told otherwise. */
export function newToken(scopes: readonly Scope[] = ['chat']): Token {
  return tokenWith({ source: 'config', scopes }).token
}

/** One request of a token that arrives now. */
export function requestOf(parts: Parts, token: Token, signal = new AbortController().signal): Context {
  return {
    parts,
    actor: { type: 'token', token },
    requestId: parts.ids.next('req'),
    arrivedAt: parts.clock.monotonic(),
    signal,
  }
}
