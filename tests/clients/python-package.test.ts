import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { type Ran, runProgram } from '../support/run-program.ts'
import { type ForeignServer, startForeignServer } from './packages/foreign-server.ts'

const root = resolve(import.meta.dirname, '..', '..')
const source = join(root, 'clients', 'python', 'src')
const stack = new AsyncDisposableStack()
let server: ForeignServer
let isThere: boolean

before(async () => {
  isThere = await runProgram('python3', ['--version']).then(
    () => true,
    () => false,
  )
  server = stack.use(await startForeignServer())
})
after(() => stack.disposeAsync())

/** Registers a test that runs a program of Python which prints what is expected. */
function prints(name: string, program: string, expected: string): void {
  test(name, async (context: TestContext) => {
    if (!isThere) return context.skip('there is no python3 on this machine')
    const ran = await run(program)
    assert.equal(ran.stdout.trim(), expected, ran.stderr)
  })
}

function run(program: string): Promise<Ran> {
  const env = { PYTHONPATH: source, PYTHONDONTWRITEBYTECODE: '1', URL: server.url, no_proxy: '*' }
  return runProgram('python3', ['-c', program], env)
}

const withoutHttpx = 'import sys\nsys.modules["httpx"] = None\n'

prints(
  'import * needs no httpx',
  `${withoutHttpx}from openclaw_client import *
print(OpenClawClient.__name__, verify_webhook.__name__)`,
  'OpenClawClient verify_webhook',
)

prints(
  'without httpx the asynchronous client says what to install, however it is asked for',
  `${withoutHttpx}import openclaw_client
def words(ask):
    try:
        ask()
    except ImportError as error:
        return "pip install \\"openclaw-client[async]\\"" in str(error)
def by_name():
    from openclaw_client import AsyncOpenClawClient
print(words(lambda: openclaw_client.AsyncOpenClawClient), words(by_name), words(lambda: openclaw_client.AsyncEventStream))`,
  'True True True',
)

prints(
  'the methods take what the API guide prints, with its defaults',
  `import inspect
from openclaw_client import OpenClawClient
def defaults(method):
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return [(one.name, None if one.default is one.empty else one.default) for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
print(defaults(OpenClawClient.__init__) == [("base_url", "http://localhost:18789"), ("token", "")])
guide = "claude-sonnet-4-20250514"
print(defaults(OpenClawClient.chat) == [("message", None), ("conversation_id", None), ("model", guide), ("system_prompt", None)])
print(defaults(OpenClawClient.chat_stream) == [("message", None), ("model", guide)])
print(defaults(OpenClawClient.send) == [("channel", None), ("chat_id", None), ("message", None)])`,
  'True\nTrue\nTrue\nTrue',
)

prints(
  'threads share a client',
  `import os
from concurrent.futures import ThreadPoolExecutor
from openclaw_client import OpenClawClient
client = OpenClawClient(os.environ["URL"], token="oc_tok_x")
with ThreadPoolExecutor(8) as pool:
    print({reply["content"] for reply in pool.map(client.chat, map(str, range(80)))})`,
  "{'well'}",
)

test('the sources are Python 3.9', async (context) => {
  if (!isThere) return context.skip('there is no python3 on this machine')
  const files = globSync(join(source, '**', '*.py'))
  assert.ok(files.length > 8)
  const program = `import ast, sys
for file in ${JSON.stringify(files)}:
    ast.parse(open(file, encoding="utf-8").read(), file, feature_version=(3, 9))`
  const ran = await run(program)
  assert.equal(ran.code, 0, ran.stderr)
})
