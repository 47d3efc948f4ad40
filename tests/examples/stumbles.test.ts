import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { closedPort } from '../support/closed-port.ts'
import { runProgram } from '../support/run-program.ts'
import { useGateway } from '../support/use-gateway.ts'

const root = join(import.meta.dirname, '..', '..')
const examples = join(root, 'examples')
const deadlineMs = 60_000

// Each program as its page runs it: its folder, its file, what follows.
const clients = [
  ['crm/python', 'crm.py', 'It broke.'],
  ['crm/node', 'crm.js', 'It broke.'],
  ['helpdesk/python', 'helpdesk.py'],
  ['helpdesk/node', 'helpdesk.js'],
  ['telegram-notify/python', 'notify.py', '1', 'Hello'],
  ['telegram-notify/node', 'notify.js', '1', 'Hello'],
] as const
const servers = [
  ['web-chat', 'server.js'],
  ['webhook-receiver/python', 'receiver.py'],
  ['webhook-receiver/node', 'receiver.js'],
] as const

type Program = readonly [folder: string, file: string, ...args: string[]]

function start([folder, file, ...args]: Program, env: Readonly<Record<string, string>>) {
  return spawn(file.endsWith('.py') ? 'python3' : process.execPath, [file, ...args], {
    cwd: join(examples, folder),
    env: { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', no_proxy: '*', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  })
}

async function run(program: Program, env: Readonly<Record<string, string>>, input = '') {
  const child = start(program, env)
  child.stdin.on('error', () => undefined).end(input)
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, out, errors }
}

for (const program of [...clients, ...servers]) {
  test(`${program[0]} without its secret says in one sentence what to set, and exits 2`, async () => {
    const { code, out, errors } = await run(program, {})
    assert.equal(code, 2, errors)
    assert.equal(out, '')
    const variable = program[0].startsWith('webhook-receiver') ? 'WEBHOOK_SECRET' : 'OPENCLAW_TOKEN'
    assert.match(errors, new RegExp(`^Set ${variable} to .*\\n$`))
    const hint = /npx openclaw (.*)\n$/.exec(errors)?.[1]
    assert.equal(hint === undefined, variable === 'WEBHOOK_SECRET')
  })
}

test('the command that makes the token, as it is printed, makes one that the gateway takes', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const seen = new Set<string>()
  for (const program of [...clients, servers[0]]) {
    const { errors } = await run(program, {})
    const hint = /npx openclaw (token create .*)\n$/.exec(errors)?.[1] ?? ''
    if (seen.has(hint)) continue
    seen.add(hint)
    const bin = join(root, 'bin', 'openclaw.js')
    const made = await runProgram(process.execPath, [bin, ...hint.split(' ')], {
      HOME: gateway.home,
      OPENCLAW_STATE_DIR: join(gateway.home, 'state'),
      OPENCLAW_CONFIG: join(gateway.home, 'openclaw.json5'),
    })
    assert.equal(made.code, 0, made.stderr)
    const token = /^Token: (\S+)$/m.exec(made.stdout)?.[1] ?? ''
    const taken = await fetch(`${gateway.url}/api/v1/${hint.includes('send') ? 'send' : 'chat'}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{}',
    })
    assert.equal(taken.status, 400, 'known, and its scope is enough')
  }
  assert.equal(seen.size, 4)
})

for (const program of clients) {
  test(`${program[0]} without a gateway says that nothing answers, and where`, async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const tickets = '[{"id":"T-1","title":"a","description":"b","priority":"low"}]'
    const { code, out, errors } = await run(
      program,
      { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_tok_x' },
      tickets,
    )
    assert.equal(code, 1, errors)
    const told = `${out}${errors}`
    assert.match(told, new RegExp(`Nothing answers at ${url} .ECONNREFUSED.: start the gateway`))
    assert.equal(told.trim().split('\n').length, 1, told)
  })
}

for (const folder of ['helpdesk/python', 'helpdesk/node'] as const) {
  test(`${folder} without tickets says what it wants, and exits 2`, async () => {
    const file = folder === 'helpdesk/python' ? 'helpdesk.py' : 'helpdesk.js'
    for (const input of ['', 'no JSON', '{}']) {
      const { code, errors } = await run([folder, file], { OPENCLAW_TOKEN: 'oc_tok_x' }, input)
      assert.equal(code, 2, errors)
      assert.match(errors, /^Give a JSON list of tickets .*\n$/)
    }
  })
}

for (const program of servers) {
  test(`${program[0]} listens on the port of PORT, and says so`, async () => {
    const child = start(program, { PORT: '0', WEBHOOK_SECRET: 's', OPENCLAW_TOKEN: 'oc_tok_x' })
    try {
      const line = String(await Promise.race([once(child.stdout, 'data'), once(child, 'close')]))
      assert.match(line, /:\d+\b.*PORT changes the port/)
      assert.doesNotMatch(line, /:(?:0|8080|8090)\b/)
    } finally {
      child.kill('SIGKILL')
    }
  })
}

test('the page and the receivers do not want the same port', () => {
  const portOf = ([folder, file]: Program) =>
    /\b80\d\d\b/.exec(readFileSync(join(examples, folder, file), 'utf8'))?.[0]
  assert.deepEqual(servers.map(portOf), ['8080', '8090', '8090'])
})
