import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually } from '../../support/eventually.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { at, textAt } from '../../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../../support/openai-server.ts'
import type { RecordedRequest } from '../../support/provider-server.ts'
import { type Ran, runProgram } from '../../support/run-program.ts'
import { startTelegramServer, type TelegramServer } from '../../support/telegram-server.ts'
import { useGateway } from '../../support/use-gateway.ts'
import { type Block, root } from './blocks.ts'

const chatId = 123_456_789
const origin = 'https://app.example.com'
const tokens = { admin: { scope: ['admin'] }, app: { scope: ['chat', 'send', 'read'] } }

/** What blocks are run on: two gateways, the commands that pages name, and a folder that looks like a clone. */
export interface Stage {
  /** A gateway with a strict fake of a provider and of Telegram: what programs are run on. */
  readonly full: RunningGateway
  /** A gateway as the first start makes it, with the demo model: what transcripts are compared with. */
  readonly plain: RunningGateway
  /** Runs a block of a shell, of Python or of JavaScript. */
  run(block: Block, gateway?: RunningGateway): Promise<Ran>
}

/** Prepares the stage; it is taken down with the stack. */
export async function openStage(stack: AsyncDisposableStack): Promise<Stage> {
  const model = stack.use(await startOpenAiServer())
  model.behave = (request) => ({ pieces: [answerTo(request)] })
  const telegram = stack.use(await startTelegramServer())
  // The chat that pages write to.
  telegram.state.chats.set(chatId, { id: chatId, type: 'private' })
  const fake = { api: 'openai-completions', baseUrl: model.url, apiKey: openAiDefaults.apiKey }
  const [full, plain] = await Promise.all([
    useGateway(stack, {
      config: {
        api: { security: { cors: { origins: [origin] } } },
        models: { default: 'gpt-4o-mini', providers: { fake: { ...fake, models: [{ id: 'gpt-4o-mini' }] } } },
        channels: { telegram: { botToken: telegram.token, apiRoot: telegram.url } },
      },
      tokens,
    }),
    useGateway(stack, { tokens }),
  ])
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-docs-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await layOut(folder)
  let count = 0
  return {
    full,
    plain,
    async run(block, gateway = full) {
      const number = ++count
      const text = await withCode(withValues(block.text, gateway), telegram, chatId + number)
      const env = environmentOf(folder, gateway)
      const file = join(folder, `block-${number}`)
      switch (block.language) {
        case 'python':
          await writeFile(`${file}.py`, text)
          return await runProgram('python3', [`${file}.py`], env)
        case 'js':
          await writeFile(`${file}.mjs`, text.replaceAll("'openclaw-client'", `'${nodeClient}'`))
          return await runProgram(process.execPath, [`${file}.mjs`], env)
        default:
          return await runProgram('bash', ['-euo', 'pipefail', '-c', `cd '${folder}'\n${text}`], env)
      }
    },
  }
}

const nodeClient = pathToFileURL(join(root, 'clients', 'node', 'src', 'index.ts')).href

// What a page names for example's sake becomes what is there.
function withValues(text: string, gateway: RunningGateway): string {
  const { port } = new URL(gateway.url)
  return text.replaceAll('18789', port).replaceAll(/oc_tok_(?:…|\.\.\.)/g, gateway.secrets.app ?? '')
}

function environmentOf(folder: string, gateway: RunningGateway): Readonly<Record<string, string>> {
  const [secret, admin] = [gateway.secrets.app ?? '', gateway.secrets.admin ?? '']
  return {
    PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
    HOME: gateway.home,
    PYTHONPATH: join(root, 'clients', 'python', 'src'),
    PYTHONDONTWRITEBYTECODE: '1',
    OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
    OPENCLAW_CONFIG: join(gateway.home, 'openclaw.json5'),
    OPENCLAW_GATEWAY_PORT: new URL(gateway.url).port,
    OPENCLAW_URL: gateway.url,
    OPENCLAW_TOKEN: secret,
    OPENCLAW_ADMIN_TOKEN: admin,
    TOKEN: secret,
    no_proxy: '*',
    NO_COLOR: '1',
  }
}

// A clone has the examples and the clients. curl fails where the gateway refuses; npm is not run: tests/e2e does that.
async function layOut(folder: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const name of ['clients', 'examples', 'deploy', 'docs', 'node_modules'])
    await symlink(join(root, name), join(folder, name))
  await symlink(process.execPath, join(bin, 'node'))
  const openclaw = `exec '${process.execPath}' '${join(root, 'bin', 'openclaw.js')}'`
  const commands = {
    openclaw: `${openclaw} "$@"`,
    npx: 'exec "$@"',
    npm: '[ "$1" = ci ] || [ "$1" = start ] || [ "$1" = test ]',
    curl: `exec env PATH='${process.env.PATH ?? ''}' curl --fail-with-body -sS "$@"`,
  }
  for (const [name, line] of Object.entries(commands))
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
}

// A stranger writes to the bot and gets a code, which is good once.
async function withCode(text: string, telegram: TelegramServer, id: number): Promise<string> {
  if (!/\bCODE\b/.test(text)) return text
  const from = { id, first_name: 'Bob', is_bot: false } as const
  telegram.say('Hello', { from, chat: { id, type: 'private', first_name: 'Bob' } })
  const code = (): string | undefined =>
    telegram.taken.flatMap((message) =>
      message.chatId === id ? (/\b[A-Z2-9]{8}\b/.exec(message.text) ?? []) : [],
    )[0]
  return text.replaceAll(/\bCODE\b/g, await eventually('a pairing code', code, 15_000))
}

// Echoes, or says the smallest value that a schema lets through.
function answerTo({ body }: RecordedRequest): string {
  const schema = at(body, 'response_format', 'json_schema', 'schema')
  if (schema !== undefined) return JSON.stringify(sampleOf(schema))
  const messages = at(body, 'messages')
  const content = Array.isArray(messages) ? at(messages.at(-1), 'content') : ''
  return `You wrote: ${typeof content === 'string' ? content : textAt(content, '0', 'text')}`
}

function sampleOf(schema: unknown): unknown {
  const choices = at(schema, 'enum')
  if (Array.isArray(choices)) return choices[0]
  switch (at(schema, 'type')) {
    case 'object': {
      const properties = at(schema, 'properties')
      const entries = typeof properties === 'object' && properties !== null ? Object.entries(properties) : []
      return Object.fromEntries(entries.map(([name, inner]) => [name, sampleOf(inner)]))
    }
    case 'array':
      return []
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return 1
    default:
      return 'text'
  }
}
