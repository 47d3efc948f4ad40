import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'
import { bin, type Home, makeHome, type Outcome, runNode } from './support.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let home: Home

before(async () => {
  home = stack.use(makeHome())
  gateway = await useGateway(stack, {
    tokens: { admin: { scope: ['admin'] }, reader: { scope: ['read'] } },
  })
})
after(() => stack.disposeAsync())

function openclaw(args: readonly string[], token = 'admin'): Promise<Outcome> {
  const env = { ...home.env, OPENCLAW_TOKEN: gateway.secrets[token] ?? '' }
  return runNode([bin, ...args, '--url', gateway.url], env)
}

async function withStdin(args: readonly string[], input: string): Promise<Outcome> {
  const child = spawn(process.execPath, [bin, ...args, '--url', gateway.url], {
    env: { ...home.env, OPENCLAW_TOKEN: gateway.token },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 90_000,
  })
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}

test('chat prints the answer of a message that is given, or that comes by stdin', async () => {
  const given = await openclaw(['chat', 'echo', 'one', 'two'])
  assert.deepEqual([given.code, given.stdout, given.stderr], [0, 'one two\n', ''])
  const piped = await withStdin(['chat', '--json'], 'echo piped\n')
  assert.equal(piped.code, 0, piped.stderr)
  const reply: unknown = JSON.parse(piped.stdout)
  assert.deepEqual(
    [at(reply, 'content'), at(reply, 'role'), at(reply, 'model')],
    ['piped', 'assistant', 'demo'],
  )
})

test('a conversation that chat goes on with can be listed, shown, exported and deleted', async () => {
  await openclaw(['chat', '--conversation', 'cli-1', 'echo first'])
  await openclaw(['chat', '--conversation', 'cli-1', 'echo second'])
  assert.match((await openclaw(['conversations', 'list'])).stdout, /^cli-1 +api +cli-1 +4 /m)
  const shown = await openclaw(['conversations', 'show', 'cli-1'])
  assert.match(shown.stdout, /^user, .+\necho first\n\nassistant, .+\nfirst\n\nuser, .+\necho second\n/m)
  const exported: unknown = JSON.parse((await openclaw(['conversations', 'export', 'cli-1'])).stdout)
  assert.deepEqual(
    listAt(exported, 'messages').map((message) => textAt(message, 'content')),
    ['echo first', 'first', 'echo second', 'second'],
  )
  const all = (await openclaw(['conversations', 'export'])).stdout.trimEnd().split('\n')
  assert.ok(all.some((line) => at(JSON.parse(line), 'id') === 'cli-1'))
  assert.equal((await openclaw(['conversations', 'delete', 'cli-1'])).stdout, 'cli-1 is deleted.\n')
  assert.equal((await openclaw(['conversations', 'show', 'cli-1'])).code, 3)
})

test('models marks the default', async () => {
  assert.match((await openclaw(['models'])).stdout, /^\* demo +demo +200000/m)
})

test('what is wrong has an exit code of its own and a sentence', async () => {
  const cases: readonly (readonly [number, RegExp, Promise<Outcome>])[] = [
    [3, /no model "nope"/, openclaw(['chat', '--model', 'nope', 'x'])],
    [4, /scope chat/, openclaw(['chat', 'x'], 'reader')],
    [4, /No token to ask with/, runNode([bin, 'chat', 'x', '--url', gateway.url], home.env)],
    [
      6,
      /Nothing listens/,
      runNode([bin, 'models', '--url', 'http://127.0.0.1:1'], { ...home.env, OPENCLAW_TOKEN: 'x' }),
    ],
    [2, /no message/, withStdin(['chat'], ' \n')],
  ]
  for (const [code, sentence, outcome] of cases) {
    const { code: got, stdout, stderr } = await outcome
    assert.equal(got, code, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, sentence)
  }
})

test('a reply that breaks off in the middle is an error, not an answer', async () => {
  await using own = new AsyncDisposableStack()
  const server: ProviderServer = own.use(await startOpenAiServer())
  server.next({ fault: 'reset-mid-stream' })
  const broken = await useGateway(own, {
    config: {
      models: {
        providers: {
          fake: {
            api: 'openai-completions',
            baseUrl: server.url,
            apiKey: openAiDefaults.apiKey,
            models: [{ id: 'gpt-4o-mini' }],
          },
        },
      },
    },
  })
  const env = { ...home.env, OPENCLAW_TOKEN: broken.token }
  const { code, stderr } = await runNode([bin, 'chat', 'x', '--url', broken.url], env)
  assert.equal(code, 1, stderr)
  assert.match(stderr, /fake .*(cut|closed|connection)/)
})

test('completion names every command in each shell, and refuses another one', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await home.run('completion', shell)
    assert.equal(code, 0)
    for (const word of ['gateway', 'deliveries', 'export', 'backup']) assert.match(stdout, new RegExp(word))
  }
  assert.equal((await home.run('completion', 'tcsh')).code, 2)
})
