import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import type { OutgoingEvent } from '../src/domain/webhooks/webhook-store.ts'
import { openStore } from '../src/store/open-store.ts'
import { startGateway } from '../tests/support/gateway.ts'

// Events are written into the store of a gateway that is down; it is then started and drains them to a receiver that answers at once.
const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000' }, waiting: { type: 'string', default: '100000' } },
})
const ticksPerSecond = 100

if (isMainThread) await main()
else await receive()

async function main(): Promise<void> {
  const receiver = new Worker(new URL(import.meta.url))
  const [port] = await once(receiver, 'message')
  const url = `http://127.0.0.1:${port}/`
  try {
    await measureDrain(url, Number(values.events))
    await measureChats(url, Number(values.events))
    await measureWaiting(url, Number(values.waiting))
  } finally {
    await receiver.terminate()
  }
}

async function measureDrain(url: string, count: number): Promise<void> {
  await using gateway = await prepared(url, count, true)
  const { pid } = gateway.running
  const cpuBefore = cpuMs(pid)
  const before = gateway.waiting()
  const startedAt = performance.now()
  while (gateway.waiting() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const seconds = (performance.now() - startedAt) / 1000
  print('delivered per second', Math.round(before / seconds))
  print('CPU of a delivery, µs', Math.round((1000 * (cpuMs(pid) - cpuBefore)) / before))
}

async function measureChats(url: string, count: number): Promise<void> {
  await using gateway = await prepared(url, count, true)
  const during: number[] = []
  while (gateway.waiting() > 0) during.push(await chatMs(gateway.running))
  const idle: number[] = []
  for (let i = 0; i < 200; i++) idle.push(await chatMs(gateway.running))
  print('chat p50 at 1 in flight while they drain, ms', median(during))
  print('chat p50 at 1 in flight with nothing else, ms', median(idle))
}

async function measureWaiting(url: string, count: number): Promise<void> {
  for (const waiting of [0, count]) {
    await using gateway = await prepared(url, waiting, false)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    print(`RSS with ${waiting} waiting for a receiver that hangs, MB`, rssMb(gateway.running.pid))
  }
}

async function prepared(url: string, count: number, answers: boolean) {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-bench-'))
  const outgoing = [
    { id: 'bench', url: answers ? url : `${url}hang`, secret: 's'.repeat(32), allowPrivateNetwork: true },
  ]
  const file = join(home, 'state', 'openclaw.db')
  await write(file, count)
  const running = await startGateway({ home, config: { api: { webhooks: { outgoing } } } })
  const { DatabaseSync } = await import('node:sqlite')
  const reader = new DatabaseSync(file, { readOnly: true })
  const waiting = reader.prepare("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE status = 'waiting'")
  return {
    running,
    waiting: () => Number(waiting.get()?.n),
    async [Symbol.asyncDispose]() {
      reader.close()
      await running.stop()
      rmSync(home, { recursive: true })
    },
  }
}

async function write(file: string, count: number): Promise<void> {
  const store = await openStore({ file })
  const payload = `{"data":{"content":"${'x'.repeat(200)}"},"event":"message.sent","id":"evt_1","timestamp":"2026-04-09T10:30:00Z","type":"message.sent"}`
  for (let from = 0; from < count; from += 1_000) {
    const events: OutgoingEvent[] = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => ({
      id: `evt_${from + i}`,
      event: 'message.sent',
      at: 1_000,
      payload,
      deliveries: [{ id: `whd_${from + i}`, endpoint: 'bench' }],
    }))
    // Young enough for the sweep to leave them.
    await store.webhooks.outbox.append(events.map((event) => ({ ...event, at: Date.now() })))
  }
  await store.close()
}

async function chatMs(gateway: Awaited<ReturnType<typeof startGateway>>): Promise<number> {
  const startedAt = performance.now()
  const reply = await gateway.call('POST', '/api/v1/chat', { message: 'echo Hi' })
  if (reply.status !== 200) throw new Error(await reply.text())
  await reply.arrayBuffer()
  return performance.now() - startedAt
}

async function receive(): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url === '/hang') return
    request.resume().on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  parentPort?.postMessage(typeof address === 'object' && address !== null ? address.port : 0)
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

function rssMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 102.4) / 10
}

function median(numbers: number[]): number {
  return Math.round(100 * (numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN)) / 100
}

function print(what: string, figure: number): void {
  process.stdout.write(`${what}: ${figure}\n`)
}
