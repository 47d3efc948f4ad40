import { hash, randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { createChannel } from './channels/index.ts'
import { channelSections } from './config/channel-settings.ts'
import type { Env } from './config/environment.ts'
import { LiveConfig } from './config/live-config.ts'
import type { LoadedConfig } from './config/load.ts'
import { skillSettingsOf } from './config/settings.ts'
import { AuditKeeper } from './domain/audit/audit-keeper.ts'
import { AuditTrail } from './domain/audit/audit-trail.ts'
import { auditAction } from './domain/audit/record.ts'
import type { Channel } from './domain/channels/channel.ts'
import { ChannelHub } from './domain/channels/channel-hub.ts'
import { RunningTurns } from './domain/chat/running-turns.ts'
import { SummaryQueue } from './domain/chat/summary-queue.ts'
import type { Clock } from './domain/clock.ts'
import type { Parts } from './domain/context.ts'
import { ConversationPruner } from './domain/conversations/prune-conversations.ts'
import { KeyPruner } from './domain/idempotency/prune-keys.ts'
import { RunningKeys } from './domain/idempotency/running-keys.ts'
import { createIds } from './domain/ids.ts'
import { keepLimits, restoreLimits } from './domain/limits/keep-limits.ts'
import { RateLimiter } from './domain/limits/rate-limiter.ts'
import { ModelCatalog } from './domain/models/catalog.ts'
import { checkModelNames } from './domain/models/check-model-names.ts'
import type { ModelProvider } from './domain/models/provider.ts'
import { SchemaChecks } from './domain/schemas/schema-checks.ts'
import { Authenticator } from './domain/tokens/authenticate.ts'
import { SessionTokens } from './domain/tokens/session-token.ts'
import { TokenCare } from './domain/tokens/token-care.ts'
import { Budgets } from './domain/usage/budgets.ts'
import { Outbox } from './domain/webhooks/outbox.ts'
import { configuredChannel, type UsableSection } from './gateway/configured-channels.ts'
import { findProviders, type LookedAt } from './gateway/find-providers.ts'
import { anonymous } from './http/auth.ts'
import { limitsByKey, longestWindowMs } from './http/rate-limit.ts'
import { createHttpServer } from './http/server.ts'
import { createLog } from './logging/create-log.ts'
import { LogFile } from './logging/log-file.ts'
import { createProbes } from './logging/probes.ts'
import { type ClosableImageFetcher, createLazyImageFetcher } from './outgoing/lazy-images.ts'
import { startWebhooks } from './outgoing/webhooks.ts'
import { createProvider, type ProviderSettings } from './providers/index.ts'
import { ProviderSet } from './providers/provider-set.ts'
import { startSchemaThread } from './schema/schema-thread.ts'
import { bundledSkillsDir, SkillFolders } from './skills/skill-folders.ts'
import { localSigner } from './store/audit-signer.ts'
import { acquireGatewayLock } from './store/gateway-lock.ts'
import { openStore } from './store/open-store.ts'
import { localSeal } from './store/session-seal.ts'

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly loaded: LoadedConfig
  readonly env: Env
  readonly version: string
  /** Takes log lines for the terminal. */
  readonly print?: (line: string) => void
}

/** What a test puts in the place of the real thing. */
export interface GatewayOverrides {
  readonly clock?: Clock
  readonly providers?: readonly ModelProvider[]
  readonly images?: ClosableImageFetcher
  /** Makes the channels of the config in the place of the adapters. */
  readonly createChannel?: (section: UsableSection) => Promise<Channel>
}

/** A gateway that is wired and not yet listening. */
export interface Gateway {
  readonly parts: Parts
  readonly authenticator: Authenticator
  readonly lookedAt: readonly LookedAt[]
  /** Turns that a crash had left pending, now failed. */
  readonly recoveredTurns: number
  /** Takes another config without dropping a request; what counts only from the next start is logged. Rejects for what cannot be made. */
  reload(loaded: LoadedConfig): Promise<void>
  /** Binds and resolves to the base URL, with the real port. Rejects where the port is taken. */
  listen(host: string, port: number): Promise<string>
  /** Refuses new work, lets running turns end for up to `graceMs`, and closes everything. Idempotent. */
  close(graceMs: number): Promise<void>
}

const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
const relistMs = 600_000

/** Wires a gateway: the composition root. Throws `GatewayError` where the data folder is in use or cannot be opened. */
export async function createGateway(
  options: GatewayOptions,
  overrides: GatewayOverrides = {},
): Promise<Gateway> {
  const { config } = options.loaded
  await using stack = new AsyncDisposableStack()
  const clock = overrides.clock ?? systemClock
  const lock = acquireGatewayLock(join(options.loaded.paths.stateDir, 'gateway.lock'))
  stack.defer(() => lock.release())
  const live = new LiveConfig(config)
  const file = stack.use(new LogFile(config.logging.file ?? options.loaded.paths.logFile, clock.now))
  const log = createLog({
    settings: () => live.config.logging,
    file,
    now: clock.now,
    ...(options.print ? { print: options.print } : {}),
  })
  const store = await openStore({
    file: options.loaded.paths.databaseFile,
    onTrouble: (sentence) => log('error', 'store trouble', { sentence }),
  })
  stack.defer(() => store.close())
  const recoveredTurns = await store.turns.recover(clock.now())
  const keeper = new AuditKeeper({
    store: store.audit,
    signer: localSigner(options.loaded.paths.stateDir),
    clock,
    log,
    retentionDays: () => live.config.audit.retentionDays,
  })
  const audit = new AuditTrail({ store: store.audit, clock, log }, (count) => keeper.stored(count))
  stack.use(keeper)
  stack.use(audit)
  const limiter = new RateLimiter()
  const counted = { store: store.limits, limiter, now: clock.now }
  const known = [...(await store.tokens.load()).tokens, ...live.tokens, anonymous]
  const { rateLimits } = live.http
  await restoreLimits(counted, limitsByKey(known, rateLimits), longestWindowMs(rateLimits))
  stack.defer(() => keepLimits(counted).catch(() => log('error', 'rate limits not kept')))

  const found = overrides.providers
    ? { settings: [], lookedAt: [] }
    : await findProviders(config, options.env)
  const providers = stack.use(new ProviderSet(createProvider))
  const models = new ModelCatalog(overrides.providers ?? providers.replace([...found.settings, demo]))
  const relist = setInterval(() => void models.refresh(), relistMs).unref()
  stack.defer(() => clearInterval(relist))

  const fillRandom = (bytes: Uint8Array): void => void randomFillSync(bytes)
  const ids = createIds(clock.now, fillRandom)
  const channels = new ChannelHub({ fillRandom })
  const skills = stack.use(
    new SkillFolders({
      bundledDir: bundledSkillsDir,
      settings: () => skillSettingsOf(live.config, options.env),
      monotonic: clock.monotonic,
      log,
    }),
  )
  // Read beside the rest, so that no turn waits for it.
  void skills.offer()
  const images = overrides.images ?? createLazyImageFetcher(`openclaw-gateway/${options.version}`)
  stack.defer(() => images.close())
  const outbox = new Outbox({ clock, ids, endpoints: () => live.settings.webhooks.endpoints })
  const currency = (): string => live.settings.models.currency
  const budgets = new Budgets({ store: store.usage, clock, log, outbox, currency })
  const summaries = stack.use(new SummaryQueue())
  const { monotonic } = clock
  const schemas = stack.use(new SchemaChecks({ startThread: startSchemaThread, hash: sha256Hex, monotonic }))
  const parts: Parts = {
    store,
    models,
    turns: new RunningTurns(),
    clock,
    ids,
    random: Math.random,
    log,
    outbox,
    channels,
    answers: { skills, schemas, images, budgets, keys: new RunningKeys(), summaries },
    settings: () => live.settings,
  }
  const sessions = new SessionTokens({ ids, now: clock.now, seal: localSeal(options.loaded.paths.stateDir) })
  const authenticator = new Authenticator(store.tokens, clock, sha256Hex, () => live.tokens, sessions)
  stack.use(new TokenCare(parts, () => live.tokens))
  stack.use(new KeyPruner(parts))
  stack.use(new ConversationPruner(parts))
  const webhooks = stack.use(await startWebhooks(parts, options.version))
  const http = await createHttpServer({
    parts,
    authenticator,
    sessions,
    limiter,
    audit,
    settings: () => live.http,
    version: options.version,
    ...stack.use(createProbes(parts, () => webhooks.health())),
  })

  const configuredChannels = () =>
    channelSections(live.config.channels).map((section) =>
      configuredChannel(section, overrides.createChannel ?? createChannel),
    )
  stack.defer(() => channels.close(0))
  // Adapters are loaded beside the rest: what people write waits at the platform.
  void channels.start(parts, configuredChannels())

  let offered = config.models.providers
  const reload = async (loaded: LoadedConfig): Promise<void> => {
    const waiting = live.replace(loaded.config)
    authenticator.reload()
    webhooks.sync()
    skills.changed()
    const restarted = channels.sync(configuredChannels())
    audit.append(auditAction('config.reloaded', { at: clock.now(), actor: configWatcher }))
    const wanted = loaded.config.models
    // Looked for anew only where the config has other ones, so that no other change can lose a provider that is slow to answer.
    if (JSON.stringify(wanted.providers) !== JSON.stringify(offered)) {
      const { settings } = await findProviders(loaded.config, options.env)
      // A later change may have come meanwhile: that one counts.
      if (live.config.models !== wanted) return
      models.replace(providers.replace([...settings, demo]))
      offered = wanted.providers
    }
    await restarted
    log('info', 'config reloaded', { restartFor: waiting.join(', ') || undefined })
    await models.refresh()
    checkModelNames(parts)
  }

  const owned = stack.move()
  let closing: Promise<void> | undefined
  return {
    parts,
    authenticator,
    lookedAt: found.lookedAt,
    recoveredTurns,
    reload,
    async listen(host, port) {
      const address = await http.listen(host, port)
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return `${config.api.tls ? 'https' : 'http'}://${name}:${address.port}`
    },
    close(graceMs) {
      closing ??= Promise.all([http.close(graceMs), channels.close(graceMs)])
        .then(() => undefined)
        .finally(() => owned.disposeAsync())
      return closing
    },
  }
}

const configWatcher = { type: 'worker', id: null, name: 'config' } as const

const demo: ProviderSettings = { name: 'demo', api: 'demo', baseUrl: '' }

function sha256Hex(text: string): string {
  return hash('sha256', text)
}
