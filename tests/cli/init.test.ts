import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { firstConfigText } from '../../src/cli/init-config.ts'
import { chooseProvider } from '../../src/cli/init-provider.ts'
import type { Asker } from '../../src/cli/init-questions.ts'
import { loadConfig } from '../../src/config/load.ts'
import { at, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { bin, type Home, makeHome, type Outcome, runNode } from './support.ts'

function init(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runNode([bin, 'init', '--yes', ...args], { ...home.env, OLLAMA_HOST: '127.0.0.1:1', ...env })
}

test('without anything found it writes a config that is valid, for this user alone, and prints a token', async () => {
  using home = makeHome()
  const { code, stdout, stderr } = await init(home, [])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^Token: oc_tok_\w{36}\nScope: chat, send, read\nCreated: \d{4}-\d\d-\d\d\n$/)
  assert.equal(statSync(home.configFile).mode & 0o077, 0)
  assert.equal((await home.run('config', 'validate')).code, 0)
})

test('a provider is asked for its models before anything is written, and its key stays in the variable', async () => {
  using home = makeHome()
  await using server = await startOpenAiServer()
  const args = [
    '--provider',
    'acme',
    '--base-url',
    server.url,
    '--api-key-env',
    'ACME_KEY',
    '--model',
    'gpt-4o-mini',
  ]
  const refused = await init(home, args, { ACME_KEY: 'sk-wrong-key-of-somebody' })
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /refuses our key.*Nothing was written/)
  assert.equal(existsSync(home.configFile), false)
  const made = await init(home, [...args, '--port', '18800', '--json'], { ACME_KEY: openAiDefaults.apiKey })
  assert.equal(made.code, 0, made.stderr)
  const report: unknown = JSON.parse(made.stdout)
  assert.deepEqual([at(report, 'file'), at(report, 'port')], [home.configFile, 18_800])
  assert.match(textAt(report, 'token', 'token'), /^oc_tok_/)
  const text = readFileSync(home.configFile, 'utf8')
  assert.ok(text.includes(`\${ACME_KEY}`) && !text.includes(openAiDefaults.apiKey))
  assert.ok(server.requests.every(({ method }) => method === 'GET'))
})

test('a config that exists stays, or is moved aside by --force', async () => {
  using home = makeHome()
  home.writeConfig('{ api: { port: 18801 } }')
  assert.equal((await init(home, [])).code, 2)
  assert.match(readFileSync(home.configFile, 'utf8'), /18801/)
  assert.equal((await init(home, ['--force', '--token-name', 'none'])).code, 0)
  assert.match(readFileSync(`${home.configFile}.before-init`, 'utf8'), /18801/)
})

test('a second init keeps the token of the usual name, and loses no config', async () => {
  using home = makeHome()
  home.writeConfig('{ api: { port: 18801 } }')
  const made = await init(home, ['--force', '--port', '18802'])
  assert.match(made.stdout, /^Token: /)
  const again = await init(home, ['--force', '--port', '18803'])
  assert.deepEqual([again.code, again.stdout], [0, ''])
  assert.match(again.stderr, /token named my-app already.*openclaw token rotate my-app/)
  assert.match(readFileSync(home.configFile, 'utf8'), /18803/)
  assert.match(readFileSync(`${home.configFile}.before-init`, 'utf8'), /18801/)
  assert.match(readFileSync(`${home.configFile}.before-init-2`, 'utf8'), /18802/)
})

test('a token that cannot be is told of before anything is written', async () => {
  using home = makeHome()
  await home.run('token', 'create', '--name', 'crm', '--scope', 'chat')
  for (const [args, sentence] of [
    [['--token-name', 'crm'], /There is a token named "crm" already\..* Nothing was written\./],
    [['--token-scope', 'chta'], /Did you mean "chat"\? Nothing was written\./],
  ] as const) {
    const { code, stdout, stderr } = await init(home, args)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, sentence)
    assert.deepEqual(readdirSync(join(home.configFile, '..')), [])
  }
})

test('a key that is refused is asked for again at once, and its hint names the provider that was chosen', async () => {
  await using server = await startOpenAiServer()
  using home = makeHome()
  const args = ['--provider', 'acme', '--base-url', server.url, '--api-key-env', 'ACME_KEY']
  const refused = await init(home, args, { ACME_KEY: 'sk-wrong-key-of-somebody' })
  assert.ok(
    refused.stderr.endsWith(
      `\nTry: openclaw init --provider acme --base-url ${server.url} --api-key-env ACME_KEY --yes --no-check\n`,
    ),
    refused.stderr,
  )
  const secrets = ['sk-wrong', openAiDefaults.apiKey]
  const asked: string[] = []
  const asker: Asker = {
    isSilent: false,
    ask: (question, standard) => {
      asked.push(question)
      return Promise.resolve(standard)
    },
    askSecret: (question) => {
      asked.push(question)
      return Promise.resolve(secrets.shift() ?? '')
    },
    [Symbol.dispose]: () => undefined,
  }
  const chosen = await chooseProvider({ provider: 'acme', baseUrl: server.url }, asker, (soFar) => {
    home.writeConfig(firstConfigText({ ...soFar, model: undefined, port: 18_789, channels: [] }))
    return loadConfig({ configFlag: home.configFile, env: {}, home: home.folder })
  })
  assert.equal(chosen.apiKey, openAiDefaults.apiKey)
  assert.ok(chosen.modelIds?.includes('gpt-4o-mini'))
  assert.deepEqual(asked, ['API key of acme (empty: none)', 'Another key (empty: keep this one)'])
})

test('a key comes from a file too, and one that is missing is asked for by the option that gives it', async () => {
  using home = makeHome()
  await using server = await startOpenAiServer()
  const missing = await init(home, ['--provider', 'openai'])
  assert.equal(missing.code, 2)
  assert.match(missing.stderr, /OPENAI_API_KEY.*--api-key-file/)
  const file = join(home.folder, 'key')
  writeFileSync(file, `${openAiDefaults.apiKey}\n`)
  const args = [
    '--provider',
    'acme',
    '--base-url',
    server.url,
    '--api-key-file',
    file,
    '--token-name',
    'none',
  ]
  const { code, stdout, stderr } = await init(home, args)
  assert.deepEqual([code, stdout], [0, ''], stderr)
  assert.match(readFileSync(home.configFile, 'utf8'), /apiKey: 'sk-proj-fake/)
})

test('a channel is written with its variable, which must be set', async () => {
  using home = makeHome()
  const unset = await init(home, ['--channels', 'telegram'])
  assert.equal(unset.code, 2)
  assert.match(unset.stderr, /TELEGRAM_BOT_TOKEN/)
  assert.equal((await init(home, ['--channels', 'fax'])).code, 2)
  const env = { TELEGRAM_BOT_TOKEN: '123456:AAfake' }
  assert.equal((await init(home, ['--channels', 'telegram', '--token-name', 'none'], env)).code, 0)
})
