import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { verify } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import type { Received } from './support/receiver.ts'
import { startReceiver } from './support/receiver.ts'
import { endpointAt, useWorker } from './support/worker.ts'

const plainSecret = 'your-webhook-secret'
const standardSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const contents = [
  'Hello.',
  'a nested "signature":"sha256=0000000000000000000000000000000000000000000000000000000000000000"}',
  'ünïcödé 🙂 \u2028 \0 \\ / </script>',
  'a lone surrogate \ud83d here',
  'x'.repeat(100_000),
]

async function deliver(secret: string, previousSecret: string | null = null): Promise<readonly Received[]> {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const worker = await useWorker(stack, [endpointAt(receiver.url, { secret, previousSecret })])
  for (const content of contents) await worker.send(1, content)
  return await receiver.count(contents.length)
}

function headersOf({ headers }: Received): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

test('the library of Standard Webhooks takes every delivery, and no changed one', async () => {
  for (const [secret, webhook] of [
    [standardSecret, new Webhook(standardSecret)],
    [plainSecret, new Webhook(plainSecret, { format: 'raw' })],
  ] as const) {
    for (const received of await deliver(secret)) {
      assert.deepEqual(webhook.verify(received.raw, headersOf(received)), received.event)
      assert.throws(() => webhook.verify(received.raw.replace('"event"', '"evemt"'), headersOf(received)))
    }
  }
})

test('the library of Standard Webhooks takes a delivery by the old secret during a rotation', async () => {
  const [received] = await deliver(standardSecret, plainSecret)
  assert.ok(received)
  assert.ok(new Webhook(plainSecret, { format: 'raw' }).verify(received.raw, headersOf(received)))
  assert.ok(new Webhook(standardSecret).verify(received.raw, headersOf(received)))
})

test("GitHub's own library takes every delivery by its header, and no changed one", async () => {
  for (const received of await deliver(plainSecret)) {
    const signature = String(received.headers['x-openclaw-signature-256'])
    assert.equal(await verify(plainSecret, received.raw, signature), true)
    assert.equal(await verify(plainSecret, `${received.raw} `, signature), false)
  }
})

const python = `
import base64, hashlib, hmac, json, sys

def verify_webhook(payload, signature, secret):
    expected = 'sha256=' + hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)

for line in sys.stdin.buffer.read().decode('utf-8').split('\\n'):
    if not line:
        continue
    got = json.loads(line)
    raw, headers, secret = got['raw'], got['headers'], got['secret']
    ways = [verify_webhook(raw, headers['x-openclaw-signature-256'], secret)]
    ways.append(verify_webhook(raw[:raw.rindex(',"signature":"')] + '}', json.loads(raw)['signature'], secret))
    event = json.loads(raw)
    signature = event.pop('signature')
    again = json.dumps(event, separators=(',', ':'), ensure_ascii=False)
    ways.append(verify_webhook(again, signature, secret))
    key = base64.b64decode(secret[6:]) if secret.startswith('whsec_') else secret.encode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{raw}".encode()
    standard = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    ways.append(any(hmac.compare_digest(one, 'v1,' + standard) for one in headers['webhook-signature'].split(' ')))
    print(json.dumps(ways))
`

test("Python's standard library takes every delivery in all four ways, the guide's function unchanged", async () => {
  for (const secret of [plainSecret, standardSecret]) {
    const received = await deliver(secret)
    const child = spawn('python3', ['-c', python], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = received.map((one) => JSON.stringify({ raw: one.raw, headers: headersOf(one), secret }))
    child.stdin.end(lines.join('\n'))
    const verdicts = (await text(child.stdout)).trim().split('\n')
    assert.deepEqual(
      verdicts,
      received.map(() => '[true, true, true, true]'),
    )
  }
})
