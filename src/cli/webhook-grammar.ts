import { type Command, InvalidArgumentError, Option } from 'commander'
import { type JsonOptions, type SetExitCode, withExamples } from './grammar.ts'
import type { DeliveriesOptions } from './webhook-deliveries.ts'
import type { ListenOptions } from './webhook-listen.ts'
import type { VerifyOptions } from './webhook-verify.ts'

/** Adds `openclaw webhook list|test|deliveries|replay|enable|disable|secret|verify|listen`. */
export function addWebhookCommands(program: Command, setExitCode: SetExitCode): void {
  const webhook = program
    .command('webhook')
    .description('see and mend what applications are told of events')
    .helpCommand(false)
  withExamples(
    webhook,
    'openclaw webhook list',
    'openclaw webhook test crm',
    'openclaw webhook deliveries --status dead',
    'openclaw webhook listen',
  )
  addList(webhook, setExitCode)
  addTest(webhook, setExitCode)
  addDeliveries(webhook, setExitCode)
  addReplay(webhook, setExitCode)
  addSwitch(webhook, setExitCode, 'enable', 'let an endpoint be told again')
  addSwitch(webhook, setExitCode, 'disable', 'tell an endpoint no more; what it misses is kept for 30 days')
  addSecret(webhook, setExitCode)
  addVerify(webhook, setExitCode)
  addListen(webhook, setExitCode)
}

function addList(webhook: Command, setExitCode: SetExitCode): void {
  const list = webhook
    .command('list')
    .description('list the endpoints of the config file and how each is')
    .option('--json', 'print JSON')
    .action(async () => {
      const { webhookList } = await import('./webhook-list.ts')
      setExitCode(await webhookList(list.optsWithGlobals<JsonOptions>()))
    })
  withExamples(list, 'openclaw webhook list')
}

function addTest(webhook: Command, setExitCode: SetExitCode): void {
  const test = webhook
    .command('test')
    .description('have the running gateway send an event webhook.test, and print what the receiver answered')
    .argument('<endpoint>', 'id of an endpoint')
    .option('--json', 'print JSON')
    .action(async (endpoint: string) => {
      const { webhookTest } = await import('./webhook-deliveries.ts')
      setExitCode(await webhookTest(endpoint, test.optsWithGlobals<JsonOptions>()))
    })
  withExamples(test, 'openclaw webhook test crm')
}

function addDeliveries(webhook: Command, setExitCode: SetExitCode): void {
  const deliveries = webhook
    .command('deliveries')
    .description('list deliveries, newest first, or show one')
    .argument('[delivery]', 'id of one delivery: shows what the receiver answered')
    .option('--endpoint <id>', 'only those to this endpoint')
    .addOption(
      new Option('--status <status>', 'only those that stand so').choices(['waiting', 'delivered', 'dead']),
    )
    .option('--event <name>', 'only this event, for example message.sent')
    .option('--limit <number>', '1 to 100', parseLimit, 20)
    .option('--cursor <cursor>', 'continue a list')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined) => {
      const { webhookDeliveries } = await import('./webhook-deliveries.ts')
      setExitCode(await webhookDeliveries(id, deliveries.optsWithGlobals<DeliveriesOptions>()))
    })
  withExamples(deliveries, 'openclaw webhook deliveries --endpoint crm --status dead')
}

function addReplay(webhook: Command, setExitCode: SetExitCode): void {
  const replay = webhook
    .command('replay')
    .description('deliver an event once more, or all that an endpoint has missed')
    .argument('[delivery]', 'id of a delivery')
    .option('--endpoint <id>', 'everything of this endpoint that is dead')
    .option('--since <time>', '30m, 1h, 2d, or a time; made since then, with --endpoint')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined) => {
      const { webhookReplay } = await import('./webhook-deliveries.ts')
      setExitCode(await webhookReplay(id, replay.optsWithGlobals()))
    })
  withExamples(
    replay,
    'openclaw webhook replay whd_01JRD3Q0V8W9X0Y1Z2A3B4C5D6',
    'openclaw webhook replay --endpoint crm --since 2026-04-09T10:30:00Z',
  )
}

function addSwitch(
  webhook: Command,
  setExitCode: SetExitCode,
  name: 'enable' | 'disable',
  description: string,
): void {
  const command = webhook
    .command(name)
    .description(description)
    .argument('<endpoint>', 'id of an endpoint')
    .option('--json', 'print JSON')
    .action(async (endpoint: string) => {
      const { webhookSwitch } = await import('./webhook-switch.ts')
      setExitCode(await webhookSwitch(endpoint, name === 'enable', command.optsWithGlobals<JsonOptions>()))
    })
  withExamples(command, `openclaw webhook ${name} crm`)
}

function addSecret(webhook: Command, setExitCode: SetExitCode): void {
  const secret = webhook
    .command('secret')
    .description('print a new secret for an endpoint')
    .action(async () => {
      const { webhookSecret } = await import('./webhook-switch.ts')
      setExitCode(webhookSecret())
    })
  withExamples(secret, 'openclaw webhook secret')
}

function addVerify(webhook: Command, setExitCode: SetExitCode): void {
  const verify = webhook
    .command('verify')
    .description('verify a delivery: its body on stdin, the secret in a file or in OPENCLAW_WEBHOOK_SECRET')
    .option('--secret-file <file>', 'file that holds the secret')
    .option('-H, --header <line...>', 'header of the delivery, "name: value"')
    .option('--json', 'print JSON')
    .action(async () => {
      const { webhookVerify } = await import('./webhook-verify.ts')
      setExitCode(await webhookVerify(verify.optsWithGlobals<VerifyOptions>()))
    })
  withExamples(
    verify,
    'openclaw webhook verify --secret-file secret.txt < body.json',
    'openclaw webhook verify -H "x-openclaw-signature-256: sha256=…" < body.json',
  )
}

function addListen(webhook: Command, setExitCode: SetExitCode): void {
  const listen = webhook
    .command('listen')
    .description('run a receiver on this machine that verifies and prints each delivery, until Ctrl-C')
    .option('--port <number>', 'port to listen on, 0 for a free one', parsePort, 18_795)
    .option('--secret-file <file>', 'file that holds the secret; without it each start makes a new one')
    .option('--json', 'print one JSON object a delivery')
    .action(async () => {
      const { webhookListen } = await import('./webhook-listen.ts')
      setExitCode(await webhookListen(listen.optsWithGlobals<ListenOptions>()))
    })
  withExamples(
    listen,
    'openclaw webhook listen',
    'openclaw webhook listen --port 9000 --secret-file secret.txt',
  )
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= 100) return limit
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.')
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Expected a whole number from 1 to 65535, or 0 for a free port.')
}
