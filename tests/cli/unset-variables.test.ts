import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closedPort } from '../support/closed-port.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { useGateway } from '../support/use-gateway.ts'
import { doctor } from './doctor-support.ts'
import { bin, type Home, makeHome, type Outcome, runNode } from './support.ts'

const config = (port: number | string): string =>
  JSON.stringify({
    api: {
      port,
      auth: { tokens: [{ name: 'crm', token: '${' + 'CRM_TOKEN}', scope: 'chat' }] },
      webhooks: {
        outgoing: [
          { id: 'crm', url: '${' + 'CRM_URL}/hook?key=plain', secret: '${' + 'CRM_SECRET}' },
          { url: '${' + 'OTHER_URL}', secret: 'a-plain-secret-of-the-tests' },
          { id: 'plain', url: 'https://hooks.example.com/x', secret: '${' + 'CRM_SECRET}' },
        ],
      },
    },
    models: { providers: { openai: { apiKey: '${' + 'SOME_KEY}' } } },
    channels: { telegram: { botToken: '${' + 'BOT_TOKEN}', apiRoot: '${' + 'BOT_ROOT}' } },
  })
const variables = /CRM_TOKEN|CRM_URL|CRM_SECRET|OTHER_URL|SOME_KEY|BOT_TOKEN|BOT_ROOT/

test('the gateway itself and config validate refuse a variable that is not set', async () => {
  using home = makeHome()
  home.writeConfig(config(18_801))
  for (const [line, expected] of [
    [['gateway'], 2],
    [['config', 'validate'], 1],
  ] as const) {
    const { code, stderr } = await home.run(...line)
    assert.equal(code, expected)
    assert.match(stderr, /models\.providers\.openai\.apiKey: the environment variable SOME_KEY is not set\./)
  }
})

test('what needs no value works: the address of the config is asked, without a word about variables', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const home = stack.use(makeHome())
  home.writeConfig(config(portOf(gateway)))
  for (const line of [['status'], ['models'], ['chat', 'Hello'], ['conversations', 'list']]) {
    const { code, stdout, stderr } = await asAdmin(home, gateway, line)
    assert.equal(code, 0, `${line.join(' ')}: ${stderr}`)
    assert.doesNotMatch(stdout + stderr, variables)
    assert.doesNotMatch(stderr, /mistakes/)
  }
})

test('an address that stands in a variable is not guessed, and --url goes before it', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const home = stack.use(makeHome())
  home.writeConfig(config('${' + 'API_PORT}'))
  const refused = await asAdmin(home, gateway, ['models'])
  assert.deepEqual(
    [refused.code, refused.stderr],
    [
      2,
      'openclaw: API_PORT is not set in this terminal, and api.port of the config stands in it. Set it as the gateway has it, or name the gateway by --url.\nTry: export API_PORT=…\n',
    ],
  )
  assert.equal((await asAdmin(home, gateway, ['models', '--url', gateway.url])).code, 0)
  const port = String(portOf(gateway))
  for (const variable of ['API_PORT', 'OPENCLAW_GATEWAY_PORT']) {
    assert.equal((await asAdmin(home, gateway, ['models'], { [variable]: port })).code, 0, variable)
  }
})

test('webhooks are listed and switched by their ids, and addresses show nothing of what they hold', async () => {
  using home = makeHome()
  home.writeConfig(config(18_801))
  const { code, stdout, stderr } = await home.run('webhook', 'list')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^crm +\$\{CRM_URL\}… .* yes /m)
  assert.match(stdout, /^plain +https:\/\/hooks\.example\.com\/… .* yes /m)
  assert.doesNotMatch(stdout, /key=plain/)
  assert.match(stderr, /^OTHER_URL is not set in this terminal: an endpoint without an id/)
  assert.equal((await home.run('webhook', 'disable', 'crm')).code, 0)
  assert.equal((await home.run('webhook', 'deliveries')).code, 0)
  const unknown = await home.run('webhook', 'enable', 'wh_0123456789abcdef')
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /There is no webhook endpoint.*OTHER_URL is not set in this terminal/)
  assert.equal((await home.run('webhook', 'deliveries', 'whd_none')).code, 3)
})

test('a token whose secret is not known here is listed so, and is not said to be revoked', async () => {
  using home = makeHome()
  home.writeConfig(config(18_801))
  const { stdout, stderr } = await home.run('token', 'list')
  assert.match(stdout, /crm +chat +config .* unknown$/m)
  assert.match(stderr, /CRM_TOKEN is not set in this terminal/)
  const [row] = listAt(JSON.parse((await home.run('token', 'list', '--json')).stdout), 'data')
  assert.deepEqual([at(row, 'state'), at(row, 'hint')], ['unknown', null])
  for (const reference of ['crm', 'oc_tok_somebodys-own-secret']) {
    const revoked = await home.run('token', 'revoke', reference)
    assert.deepEqual([revoked.code, revoked.stdout], [2, ''])
    assert.match(revoked.stderr, /CRM_TOKEN is not set in this terminal/)
  }
  const known = await runNode([bin, 'token', 'revoke', 'crm'], {
    ...home.env,
    CRM_TOKEN: 'a-secret-of-the-application',
    ...Object.fromEntries(['CRM_URL', 'OTHER_URL'].map((name) => [name, 'https://hooks.example.com'])),
  })
  assert.equal(known.code, 0, known.stderr)
  assert.equal((await home.run('token', 'create', '--name', 'own', '--scope', 'chat')).code, 0)
  assert.equal((await home.run('token', 'revoke', 'own')).code, 0)
})

test('skills and logs work, unless it is their own place that is not known', async () => {
  using home = makeHome()
  home.writeConfig(config(18_801))
  assert.equal((await home.run('skills', 'list')).code, 0)
  assert.equal((await home.run('logs')).code, 3)
  home.writeConfig(`{ skills: { dirs: ['\${SKILLS}/own'] }, logging: { file: '\${LOGS}/gateway.log' } }`)
  for (const [line, sentence] of [
    [['skills', 'check'], /SKILLS is not set in this terminal, and skills\.dirs\[0\]/],
    [['logs'], /LOGS is not set in this terminal, and logging\.file/],
  ] as const) {
    const { code, stderr } = await home.run(...line)
    assert.equal(code, 2)
    assert.match(stderr, sentence)
  }
})

test('doctor looks at the rest of the file, and asks no provider whose key is not known', async () => {
  await using server = await startOpenAiServer()
  using home = makeHome()
  const port = await closedPort()
  const acme = { api: 'openai-completions', baseUrl: server.url, apiKey: '${' + 'SOME_KEY}' }
  const known = { ...acme, apiKey: openAiDefaults.apiKey }
  home.writeConfig(JSON.stringify({ api: { port }, models: { providers: { acme, known } } }))
  const { code, rows } = await doctor(home)
  assert.equal(code, 1)
  const shown = rows.filter(({ check }) => check === 'config' || check === 'models')
  assert.deepEqual(
    shown.map(({ status, remedy }) => [status, remedy]),
    [
      ['error', 'export SOME_KEY=…'],
      ['warning', 'export SOME_KEY=…'],
      ['ok', null],
    ],
  )
  assert.match(rows.find(({ check }) => check === 'gateway')?.sentence ?? '', new RegExp(`port ${port} is`))
  assert.equal(server.requests.length, 1)
})

test('doctor only warns of a variable that the gateway beside it was started with', async () => {
  await using stack = new AsyncDisposableStack()
  const text = '${' + 'SOME_KEY}'
  const gateway = await useGateway(stack, {
    config: { models: { providers: { anthropic: { apiKey: text, baseUrl: 'http://127.0.0.1:9' } } } },
    env: { SOME_KEY: 'a-key' },
  })
  const { code, stdout } = await runNode([bin, 'doctor', '--json'], {
    HOME: gateway.home,
    OPENCLAW_STATE_DIR: `${gateway.home}/state`,
    OPENCLAW_CONFIG: `${gateway.home}/openclaw.json5`,
  })
  const rows = listAt(JSON.parse(stdout), 'data')
  const row = rows.find((one) => at(one, 'check') === 'config')
  assert.equal(at(row, 'status'), 'warning')
  assert.equal(code, 0, stdout)
})

function portOf(gateway: RunningGateway): number {
  return Number(new URL(gateway.url).port)
}

function asAdmin(
  home: Home,
  gateway: RunningGateway,
  line: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runNode([bin, ...line], { ...home.env, OPENCLAW_TOKEN: gateway.token, ...env })
}
