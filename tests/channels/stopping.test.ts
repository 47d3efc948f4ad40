import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Channel, OutgoingPart } from '../../src/domain/channels/channel.ts'
import { echoProvider, startHub } from '../support/channel-hub.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedProvider } from '../support/scripted-provider.ts'
import { SimpleChannel } from '../support/simple-channel.ts'
import { startSimplePlatform } from '../support/simple-platform.ts'

// An adapter that heeds nothing: its posts never end, and neither does its leaving.
class DeafChannel extends SimpleChannel {
  readonly sending: OutgoingPart[] = []

  override send(part: OutgoingPart): Promise<string> {
    this.sending.push(part)
    return new Promise(() => undefined)
  }

  override async stop(): Promise<void> {
    await super.stop()
    await new Promise(() => undefined)
  }
}

async function setUp(stack: AsyncDisposableStack, create: (url: string) => Channel) {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const platform = stack.use(await startSimplePlatform())
  // Deaf to its caller's leaving, too.
  const hanging = new ScriptedProvider('acme', ['small'], async function* (turn, signal) {
    if (turn.messages.at(-1)?.content !== 'hang') {
      yield* echoProvider().script(turn, signal)
      return
    }
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  })
  const hub = stack.use(await startHub({ store, provider: hanging, create: () => create(platform.url) }))
  return { platform, hub, hanging }
}

test('a stop ends within its grace, though a model, a post and an adapter hang', {
  timeout: 60_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const adapters: DeafChannel[] = []
  const { platform, hub, hanging } = await setUp(stack, (url) => {
    const adapter = new DeafChannel(url)
    adapters.push(adapter)
    return adapter
  })
  platform.say({ chatId: '1', text: 'Hello' })
  platform.say({ chatId: '2', text: 'hang' })
  await eventually('the post', () => adapters[0]?.sending[0])
  await eventually('the turn', () => (hanging.running === 1 ? true : undefined))
  const startedAt = performance.now()
  await hub.close(11_000)
  // Without a bound on each step it takes half a minute, or for ever.
  assert.ok(performance.now() - startedAt < 18_000, 'it took longer than its grace')
})

test('a stop with nothing to do is quick', async () => {
  await using stack = new AsyncDisposableStack()
  const { platform, hub } = await setUp(stack, (url) => new SimpleChannel(url))
  platform.say({ chatId: '1', text: 'Hello' })
  await eventually('the post', () => platform.posted[0])
  const startedAt = performance.now()
  await hub.close(25_000)
  assert.ok(performance.now() - startedAt < 5_000)
})

test('what arrives while a channel is being switched off is kept, and answered when it is back', async () => {
  await using stack = new AsyncDisposableStack()
  const adapters: SimpleChannel[] = []
  const { platform, hub } = await setUp(stack, (url) => {
    const adapter = new SimpleChannel(url)
    adapters.push(adapter)
    return adapter
  })
  await eventually('the link', () => hub.hub.find('telegram')?.health.status === 'connected' || undefined)
  // As a reload does: the config no longer has the channel, which still runs.
  const { access } = hub
  hub.access = { ...access, name: 'slack' }
  platform.say({ chatId: '1', text: 'Hello' })
  await eventually('the receipt', () => (platform.acknowledged() === 1 ? true : undefined))
  await hub.hub.sync([])
  hub.access = access
  await hub.hub.sync([hub.configured])
  const post = await eventually('the answer', () => platform.posted[0])
  assert.equal(post.text, 'echo of Hello')
})
