import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { secret, startSimpleGateway, useHome } from '../channels/support.ts'
import { eventually } from '../support/eventually.ts'
import { at } from '../support/json.ts'
import { runProgram } from '../support/run-program.ts'
import { startSimplePlatform } from '../support/simple-platform.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'openclaw.js')

test('the command line shows how the channels are and sends through the running gateway', async () => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const platform = stack.use(await startSimplePlatform())
  const gateway = await startSimpleGateway(home, { telegram: platform.url })
  stack.defer(() => gateway.stop())
  await eventually('the channel', async () => {
    const body: unknown = await (await gateway.call('GET', '/health/detail')).json()
    return at(body, 'channels', 'telegram', 'status') === 'connected' ? true : undefined
  })
  const run = (args: readonly string[], token = secret) =>
    runProgram(process.execPath, [program, ...args, '--url', gateway.url], {
      HOME: home,
      OPENCLAW_STATE_DIR: join(home, 'state'),
      OPENCLAW_TOKEN: token,
    })
  const status = await run(['channels', 'status'])
  assert.equal(status.code, 0, status.stderr)
  assert.match(status.stdout, /CHANNEL +STATUS +SINCE +LAST HEARD\ntelegram +connected/)
  const probed = await run(['channels', 'status', '--probe', '--json'])
  assert.equal(probed.code, 0, probed.stderr)
  assert.equal(at(JSON.parse(probed.stdout), 'data', 0, 'status'), 'connected')

  const sent = await run(['send', 'telegram', '42', 'Hello *there*'])
  assert.equal(sent.code, 0, sent.stderr)
  assert.match(sent.stdout, /^Sent msg_\w+ to 42 on telegram \(1\)\.\n$/)
  assert.deepEqual(
    platform.posted.map(({ text }) => text),
    ['Hello *there*'],
  )
  assert.equal((await run(['send', 'slack', 'C1', 'Hi'])).code, 3)
  assert.equal((await run(['send', 'telegram', '42', 'Hi'], 'oc_tok_wrong')).code, 4)
  platform.take = () => ({ status: 400, body: { error: 'chat not found' } })
  const unknown = await run(['send', 'telegram', '43', 'Hi'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /knows no chat "43"/)
})

test('without a gateway both say so and exit with 6, and without a token with 4', async () => {
  await using stack = new AsyncDisposableStack()
  const home = await useHome(stack)
  const env = { HOME: home, OPENCLAW_STATE_DIR: join(home, 'state') }
  const run = (args: readonly string[], token: string) =>
    runProgram(process.execPath, [program, ...args, '--url', 'http://127.0.0.1:1'], {
      ...env,
      OPENCLAW_TOKEN: token,
    })
  assert.equal((await run(['channels', 'status'], secret)).code, 6)
  assert.equal((await run(['send', 'telegram', '42', 'Hi'], secret)).code, 6)
  assert.equal((await run(['send', 'telegram', '42', 'Hi'], '')).code, 4)
})
