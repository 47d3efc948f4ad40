import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples')
const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let model: ProviderServer

before(async () => {
  model = stack.use(await startOpenAiServer())
  const fake = {
    api: 'openai-completions',
    baseUrl: model.url,
    apiKey: openAiDefaults.apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  gateway = await useGateway(stack, {
    config: { models: { providers: { fake } } },
    tokens: { admin: { scope: ['admin'] }, app: { scope: ['chat', 'send'] } },
  })
})
after(() => stack.disposeAsync())

interface Ran {
  readonly code: number | null
  readonly rows: readonly unknown[]
  readonly errors: string
}

async function run(
  language: string,
  folder: string,
  file: string,
  args: readonly string[],
  input = '',
): Promise<Ran> {
  const command = language === 'python' ? 'python3' : process.execPath
  const child = spawn(command, [file, ...args], {
    cwd: join(examples, folder, language),
    env: {
      PATH: process.env.PATH ?? '',
      OPENCLAW_URL: gateway.url,
      OPENCLAW_TOKEN: gateway.secrets.app,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  child.stdin.end(input)
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const lines = out.split('\n').filter((line) => line.startsWith('{'))
  return { code: child.exitCode, rows: lines.map((line): unknown => JSON.parse(line)), errors }
}

const analysis = {
  sentiment: 'negative',
  category: 'product quality',
  urgency: 'high',
  summary: 'It broke after two days.',
  suggestedAction: 'Replace it.',
}

for (const language of ['python', 'node']) {
  const ending = language === 'python' ? 'py' : 'js'

  test(`crm in ${language} classifies feedback into JSON of one shape`, async () => {
    model.next({ pieces: [JSON.stringify(analysis)] })
    const { code, rows, errors } = await run(language, 'crm', `crm.${ending}`, ['It broke after two days.'])
    assert.equal(code, 0, errors)
    assert.deepEqual(rows, [{ customerId: 'CUST_000', ...analysis }])
    const asked = model.requests.at(-1)?.body
    assert.match(JSON.stringify(asked), /json_schema/)
  })

  test(`helpdesk in ${language} answers each ticket, and marks the urgent one for review`, async () => {
    const tickets = await readFile(join(examples, 'helpdesk', 'tickets.json'), 'utf8')
    const own = tickets.replaceAll('T-10', `${language}-10`)
    model.next({ pieces: ['We look into it.'] })
    model.next({ pieces: ['The address is changed.'] })
    const { code, rows, errors } = await run(language, 'helpdesk', `helpdesk.${ending}`, [], own)
    assert.equal(code, 0, errors)
    assert.deepEqual(
      rows.map((row) => [at(row, 'reply'), at(row, 'auto_generated'), at(row, 'needs_review')]),
      [
        ['We look into it.', true, true],
        ['The address is changed.', true, false],
      ],
    )
    assert.equal(textAt(rows[0], 'model'), 'gpt-4o-mini')
  })

  test(`telegram-notify in ${language} says what is wrong where there is no Telegram`, async () => {
    const { code, errors } = await run(language, 'telegram-notify', `notify.${ending}`, ['123', 'Hello'])
    assert.equal(code, 1)
    assert.match(errors, /Not sent: .*telegram/)
  })
}
