import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { useGateway } from '../support/use-gateway.ts'

const folder = join(import.meta.dirname, '..', '..', 'examples', 'webhook-receiver')
const secret = 'your-webhook-secret'

for (const [name, command, file] of [
  ['Node', process.execPath, 'node/receiver.js'],
  ['Python', 'python3', 'python/receiver.py'],
] as const) {
  test(`the ${name} receiver takes what a gateway sends, and refuses what is forged`, async () => {
    await using stack = new AsyncDisposableStack()
    const env = { PATH: process.env.PATH ?? '', WEBHOOK_SECRET: secret, PYTHONDONTWRITEBYTECODE: '1' }
    const receiver = spawn(command, [join(folder, file), '0'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    stack.defer(() => void receiver.kill('SIGKILL'))
    let out = ''
    receiver.stdout.on('data', (chunk) => {
      out += chunk
    })
    const url = await eventually('the address', () => /listening on (\S+)/.exec(out)?.[1])
    const outgoing = [{ id: 'crm', url, secret, allowPrivateNetwork: true }]
    const gateway = await useGateway(stack, { config: { api: { webhooks: { outgoing } } } })
    await gateway.call('POST', '/api/v1/chat', { message: 'echo Grüße 🙂' })
    await eventually('three events', () => {
      const lines = out.trim().split('\n').slice(1).sort()
      return lines.length === 3 ? lines : undefined
    })
    assert.match(out, /^conversation\.created/m)
    assert.match(out, /^message\.received echo Grüße 🙂$/m)
    assert.match(out, /^message\.sent Grüße 🙂$/m)
    const forged = await fetch(url, {
      method: 'POST',
      headers: { 'X-OpenClaw-Signature-256': `sha256=${'0'.repeat(64)}` },
      body: '{"id":"evt_1","event":"message.sent","data":{}}',
    })
    assert.equal(forged.status, 401)
    assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 401)
  })

  test(`the ${name} receiver is under 40 lines`, () => {
    assert.ok(readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').length < 40)
  })
}
