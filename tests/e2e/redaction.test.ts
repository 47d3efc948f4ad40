import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { bin, runNode } from '../cli/support.ts'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { type PlantedGateway, startPlanted } from '../support/planted-gateway.ts'
import { Plants } from '../support/plants.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'

const plants = new Plants()
const secret = plants.secret.bind(plants)
const stack = new AsyncDisposableStack()
let upstream: ProviderServer
let gateway: RunningGateway
/** Every answer of the gateway but those that show a conversation. */
const answers: { readonly what: string; readonly text: string }[] = []

let config: PlantedGateway['config']
let plantedEnv: PlantedGateway['env']

before(async () => {
  ;({ gateway, upstream, config, env: plantedEnv } = await startPlanted(stack, plants))
})
after(() => stack.disposeAsync())

test('headers: wrong tokens in every shape, ids that are tokens, cookies, and whatever else a caller sends', async () => {
  for (const [name, value] of [
    ['Authorization', `Bearer ${secret('a wrong token', 'oc_tok_')}`],
    ['Authorization', `Bearer ${secret('a short wrong token')} ${secret('a second word')}`],
    ['Authorization', `Basic ${Buffer.from(`user:${secret('a basic password')}`).toString('base64')}`],
    ['Authorization', secret('a token without Bearer', 'oc_tok_')],
    ['X-Request-Id', secret('a token as request id', 'oc_tok_')],
    ['X-Request-Id', `id ${secret('a request id that is none')}`],
    ['Cookie', `session=${secret('a cookie')}`],
    ['X-Api-Key', secret('a foreign key header', 'sk-ant-')],
    ['Idempotency-Key', secret('an idempotency key')],
    ['User-Agent', secret('a user agent')],
    ['Referer', `http://app.test/?token=${secret('a referer')}`],
    ['Origin', `http://${secret('an origin')}.test`],
    ['Host', `${plants.plant('a host', 'name')}.test`],
    ['X-Forwarded-For', secret('a forwarded address')],
    ['Content-Type', `text/${secret('a content type')}`],
    ['Content-Encoding', secret('a content encoding')],
    ['Accept', secret('an accept header')],
    ['Proxy-Authorization', `Bearer ${secret('a proxy token', 'oc_tok_')}`],
  ] as const) {
    for (const isKnown of [true, false]) {
      const token = `Authorization: Bearer ${gateway.token}`
      const headers = [
        ...(isKnown && name !== 'Authorization' ? [token] : []),
        'Content-Type: application/json',
        `${name}: ${value}`,
      ].filter(
        (line, i, lines) => i === lines.findLastIndex((other) => other.split(':')[0] === line.split(':')[0]),
      )
      const body = '{"message":"echo x"}'
      for (const target of ['/api/v1/chat', '/api/v1/nowhere']) {
        await raw(
          `${name} to ${target}`,
          rawRequest({ method: 'POST', target, headers, body }),
          name === 'Host',
        )
      }
    }
  }
})

test('queries, paths and methods', async () => {
  const targets = [
    `/api/v1/models?api_key=${secret('a key in the query', 'sk-ant-')}`,
    `/api/v1/models?token=${secret('a token in the query', 'oc_tok_')}`,
    `/api/v1/conversations?cursor=${secret('a cursor that is none')}`,
    `/api/v1/conversations?limit=${secret('a limit that is none')}`,
    `/api/v1/conversations?channel=${secret('a channel in the query')}`,
    `/health?x=${secret('a query of health')}`,
    `/api/v1/${secret('a path', 'oc_tok_')}`,
    `/${secret('a path at the root')}/x`,
    `/api/v1/chat/${secret('a path behind a route')}`,
    `/api/v1/models%00${secret('a path with a zero')}`,
    `/api/v1/%ff${secret('a path that is no UTF-8')}`,
    `/api/v1/conversations/${secret('a long id')}${'x'.repeat(300)}`,
    `http://user:${secret('a password in an absolute target')}@localhost/api/v1/nowhere`,
  ]
  for (const target of targets) {
    for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND']) {
      const headers = [`Authorization: Bearer ${gateway.token}`]
      await raw(`${method} ${target}`, rawRequest({ method, target, headers }))
    }
  }
  await raw('a method', `${secret('a method').toUpperCase()} / HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await raw('no HTTP', `${secret('a line that is no HTTP')}\r\n\r\n`)
  await raw('a header', `GET / HTTP/1.1\r\n${secret('a header line')}\r\n\r\n`)
})

test('bodies: what is said, and what cannot be', async () => {
  const content = (what: string): string => plants.plant(what, 'content')
  const name = (what: string): string => plants.plant(what, 'name')
  const bodies: readonly unknown[] = [
    {
      message: content('a message'),
      systemPrompt: content('a system prompt'),
      metadata: { a: content('metadata') },
    },
    {
      message: secret('a message with a typo beside it'),
      max_tokenz: secret('the value of an unknown field'),
    },
    { message: [secret('a message in a list')] },
    { message: secret('a message beside a wrong number'), temperature: secret('a temperature') },
    {
      message: secret('a message with a bad prompt'),
      systemPrompt: { text: secret('a prompt in an object') },
    },
    { message: secret('a message with bad metadata'), metadata: { key: { deep: secret('deep metadata') } } },
    { message: secret('a message with a bad format'), responseFormat: secret('a response format') },
    { message: secret('a message with a conversation that is none'), conversationId: `${secret('an id')} !` },
    { message: secret('a message to no model'), model: name('a model') },
    `{"message": "${secret('a message in broken JSON')}", }`,
    `${secret('a body that is no JSON')}`,
    `"${secret('a body that is a string')}"`,
    `{"message": "${secret('a message with a zero')}\\u0000"}`,
  ]
  for (const body of bodies) {
    for (const path of ['/api/v1/chat', '/api/v1/chat/stream', '/api/v1/send']) {
      await call('POST', path, body)
    }
  }
  await call('POST', '/api/v1/send', {
    channel: name('a channel'),
    chatId: secret('a chat id'),
    message: secret('a message to send'),
  })
})

test('what a provider says of our keys and of the prompt', async () => {
  const says = (prompt: string): string =>
    `Incorrect key ${config.upstreamKey} (or ${config.secondKey}), header ${config.headerKey}, title ${config.headerTitle}, ` +
    `address http://user:pass@host/?key=${config.query}; your input was: ${prompt}`
  const prompts = [
    (): string => plants.plant('a prompt that is echoed', 'content'),
    (): string =>
      `${'please '.repeat(200)}${plants.plant('a long prompt that is echoed in part', 'content')} thank you`,
    (): string => `Translate "${plants.plant('a quoted word', 'content')}"\ninto\tFrench, and say\nwhy.`,
  ]
  for (const status of [400, 401, 403, 404, 413, 429, 500, 503]) {
    for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
      for (const make of prompts) {
        const prompt = make()
        const message = says(prompt.slice(-200))
        upstream.next({
          reply: {
            status,
            body: { error: { message, type: 'invalid_request_error', code: prompt.slice(-60) } },
          },
        })
        await call('POST', path, {
          message: prompt,
          systemPrompt: `Be kind. ${plants.plant('a system prompt', 'content')}`,
        })
      }
    }
  }
  for (const make of prompts) {
    const prompt = make()
    upstream.next({ errorEvent: { type: 'server_error', message: says(prompt) } })
    await call('POST', '/api/v1/chat/stream', { message: prompt })
    upstream.next({
      reply: { status: 500, body: says(prompt), headers: { 'X-Echo': prompt.replaceAll(/\s/g, ' ') } },
    })
    await call('POST', '/api/v1/chat', { message: prompt })
    upstream.next({ reply: { status: 200, body: says(prompt) } })
    await call('POST', '/api/v1/chat', { message: prompt })
    upstream.next({ events: [`${says(prompt)}`] })
    await call('POST', '/api/v1/chat/stream', { message: prompt })
  }
})

test('an earlier message that a provider repeats', async () => {
  const first = plants.plant('the first message of a conversation', 'content')
  const conversationId = `conv_${randomBytes(8).toString('hex')}`
  await call('POST', '/api/v1/chat', { message: `My password is ${first}.`, conversationId })
  const message = `The conversation [{"role":"user","content":"My password is ${first}."}] is not accepted.`
  upstream.next({ reply: { status: 400, body: { error: { message } } } })
  await call('POST', '/api/v1/chat', { message: 'Hello again', conversationId })
})

test('a config that is changed, also to one that cannot be', async () => {
  const file = join(gateway.home, 'openclaw.json5')
  const good = readFileSync(file, 'utf8')
  const before = gateway.output().length
  for (const text of [
    `{ api: { port: "${secret('a port')}", auth: { tokens: [{ name: "a", token: ["${secret('a token in a list', 'oc_tok_')}"] }] } } }`,
    `{ models: { providers: { a: { api: "openai", baseUrl: "ftp://u:${secret('a password in a baseUrl')}@h", apiKey: 12, headers: { "X Y": "${secret('a header of a config')}" } } } } }`,
    `{ api: { webhooks: { outgoing: [{ url: "http://u:${secret('a password of a webhook')}@h", secret: {} }] } } `,
    `{ "${secret('a key of no quotes', 'sk-ant-')} }`,
    `{ channels: { telegram: { botToken: ${secret('a token without quotes', 'xoxb-')} } } }`,
    `{ logging: { level: "${secret('a level', 'sk-ant-')}" } }`,
  ]) {
    const logged = gateway.output().split('config not reloaded').length
    writeFileSync(file, text)
    await eventually('the refusal', () =>
      gateway.output().split('config not reloaded').length > logged ? true : undefined,
    )
  }
  writeFileSync(file, good)
  await eventually(
    'the good config',
    () => gateway.output().slice(before).includes('config reloaded') || undefined,
  )
})

// `usage_metadata` holds what usage is asked for by, `idempotency_keys` answers to be given again.
const tablesOfContent = ['messages', 'conversations', 'webhook_events', 'usage_metadata', 'idempotency_keys']

test('nothing of it stands where it must not', async () => {
  await call('GET', '/health/detail')
  await call('GET', '/api/v1/models')
  await call('GET', '/api/v1/audit?limit=100')
  const commands = [
    ['logs'],
    ['logs', '--json'],
    ['token', 'list'],
    ['token', 'list', '--json'],
    ['doctor'],
    ['config', 'validate'],
    ['audit', 'list', '--limit', '1000', '--json'],
    ['audit', 'export'],
    ['status', '--url', gateway.url],
  ]
  const env = {
    HOME: gateway.home,
    OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
    OPENCLAW_TOKEN: gateway.token,
    ...plantedEnv,
  }
  await eventually('the last line in the log', () => logFiles().includes('/api/v1/audit') || undefined)
  for (const command of commands) {
    const { stdout, stderr } = await runNode(
      [bin, ...command, '--config', join(gateway.home, 'openclaw.json5')],
      env,
    )
    plants.look(`openclaw ${command.join(' ')}`, stdout + stderr)
  }
  await gateway.child.kill('SIGTERM')
  await gateway.exited
  plants.look('stdout and stderr', gateway.output())
  plants.look('the log', logFiles())
  for (const [table, rows] of tables()) {
    plants.look(`the table ${table}`, rows, tablesOfContent.includes(table) ? ['content'] : [])
  }
  for (const { what, text } of answers) plants.look(`the answer to ${what}`, text, ['name'])
  assert.ok(plants.count > 150 && answers.length > 200)
  // What is looked for would be found: the messages are where they should be.
  const messages = tables().find(([table]) => table === 'messages')?.[1] ?? ''
  assert.ok(plants.found('content', messages) > 20)
  assert.deepEqual(plants.leaks, [])
})

async function call(method: string, path: string, body?: unknown): Promise<void> {
  const reply = await gateway.call(method, path, body)
  const text = await reply.text()
  assert.notEqual(reply.status, 500, text)
  answers.push({
    what: `${method} ${path} ${JSON.stringify(body)}`,
    text: `${headText(reply.headers)}\n${text}`,
  })
}

async function raw(what: string, bytes: string | Buffer, isHost = false): Promise<void> {
  const sent = isHost
    ? Buffer.from(bytes.toString('latin1').replace('Host: localhost\r\n', ''), 'latin1')
    : bytes
  const reply = await sendRaw(gateway.url, sent)
  answers.push({ what, text: `${headText(reply.headers)}\n${reply.body}` })
}

function headText(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}`).join('\n')
}

function logFiles(): string {
  const folder = join(gateway.home, 'state', 'logs')
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

function tables(): readonly (readonly [string, string])[] {
  using database = new DatabaseSync(join(gateway.home, 'state', 'openclaw.db'), { readOnly: true })
  const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  return names.map(({ name }) => [
    String(name),
    JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all()),
  ])
}
