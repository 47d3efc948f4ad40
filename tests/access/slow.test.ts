import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { expectError } from '../support/expect-error.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { ask, Connection } from './support/connection.ts'
import { skippedWithout } from './support/needs-command.ts'

const skip = skippedWithout('slowhttptest')
const slowConnections = 500
const seconds = 15
/** Far above what is measured, since other things run on the machine that tests. */
const p99MsMax = 5_000

let gateway: RunningGateway

before(async () => {
  if (skip === false) gateway = await startGateway()
})
after(async () => {
  if (skip === false) await gateway.stop()
})

/** How long a good client's requests took, in milliseconds, shortest first. */
async function latenciesUntil(isOver: () => boolean): Promise<readonly number[]> {
  const took: number[] = []
  const request = { target: '/api/v1/models', token: gateway.token }
  using kept = await Connection.open(gateway.url)
  while (!isOver()) {
    const start = performance.now()
    // Every fourth one over a connection of its own, as a client that comes anew.
    const reply = took.length % 4 === 3 ? await ask(gateway.url, request) : await kept.ask(request)
    took.push(performance.now() - start)
    assert.equal(reply.status, 200)
    await delay(10)
  }
  return took.sort((a, b) => a - b)
}

/** Runs slowhttptest beside a good client, and fails where that one is not served as ever. */
async function underAttack(t: TestContext, path: string, ...options: readonly string[]): Promise<void> {
  const common = ['-c', String(slowConnections), '-r', '250', '-l', String(seconds), '-p', '5']
  const attack = spawn('slowhttptest', [...common, ...options, '-u', gateway.url + path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 2 * seconds * 1_000,
  })
  let isOver = false
  const output = text(attack.stdout)
  const exit = once(attack, 'close').finally(() => {
    isOver = true
  })
  const took = await latenciesUntil(() => isOver)
  await exit
  const said = stripVTControlCharacters(await output)
  const connected = [...said.matchAll(/connected: +(\d+)/g)].map(([, count]) => Number(count))
  assert.ok(Math.max(...connected) > slowConnections * 0.5, `the attack did not take place:\n${said}`)
  assert.doesNotMatch(said, /service available: +NO/)
  const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? Number.NaN
  const figures = [0.5, 0.99, 1].map((share) => at(share).toFixed(1))
  t.diagnostic(
    `${took.length} requests of a good client: p50 ${figures[0]} ms, p99 ${figures[1]} ms, most ${figures[2]} ms`,
  )
  assert.ok(at(0.99) < p99MsMax, `p99 is ${at(0.99)} ms`)
}

test('500 connections of slow headers leave a good client served, and each ends in 408', {
  skip,
}, async (t) => {
  const dribbled = async (): Promise<void> => {
    using slow = await Connection.open(gateway.url, { replyWithinMs: 60_000 })
    const start = performance.now()
    slow.write('GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\n')
    const timer = setInterval(() => slow.write('X-Slow: yes\r\n'), 1_000)
    await expectError(await slow.reply().finally(() => clearInterval(timer)), 408, 'request_timeout')
    const tookMs = performance.now() - start
    assert.ok(tookMs > 14_000 && tookMs < 40_000, `${tookMs} ms`)
  }
  await Promise.all([underAttack(t, '/api/v1/models', '-H', '-i', '3', '-x', '24'), dribbled()])
})

test('500 connections of slow bodies, with a good token, leave a good client served', { skip }, async (t) => {
  const accept = `*/*\r\nAuthorization: Bearer ${gateway.token}`
  const body = [
    '-B',
    '-i',
    '3',
    '-x',
    '10',
    '-s',
    '8192',
    '-t',
    'POST',
    '-f',
    'application/json',
    '-m',
    accept,
  ]
  await underAttack(t, '/api/v1/chat', ...body)
})

test('500 connections that read slowly leave a good client served', { skip }, async (t) => {
  await underAttack(t, '/docs', '-X', '-w', '1', '-y', '64', '-n', '3', '-z', '8', '-k', '3')
})
