import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { Connection, type ConnectionReply } from './support/connection.ts'
import { type FuzzRequest, fuzzRequests, wireOf } from './support/fuzz-request.ts'
import { type ReplyCheck, replyCheck } from './support/reply-check.ts'

/** Another one: FUZZ_SEED=… node --test tests/access/fuzz.test.ts */
const seed = Number(process.env.FUZZ_SEED ?? 20_260_409)
const requestsMax = Number(process.env.FUZZ_REQUESTS ?? 20_000)
const connectionsMax = 8
const perRound = 80
const grownMbMax = 300

test('20,000 requests made from the document get what it says, never a 5xx', async (t) => {
  const gateway = await startGateway({
    config: {
      api: { limits: { concurrentStreams: 1_000 }, security: { cors: { origins: ['https://app.example'] } } },
      logging: { level: 'error' },
    },
    tokens: {
      good: { scope: ['admin'], rateLimit: 100_000_000 },
      weak: { scope: ['read'], rateLimit: 100_000_000 },
    },
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  })
  t.diagnostic(`seed ${seed}, ${requestsMax} requests`)
  const statuses = new Map<number, number>()
  const lanes = Array.from({ length: connectionsMax }, () => new Lane(gateway, statuses))
  try {
    const document: unknown = await (await fetch(`${gateway.url}/api/v1/openapi.json`)).json()
    const { good = '', weak = '' } = gateway.secrets
    const request = fuzzRequests(document, { good, weak })
    const check = replyCheck(document)
    const before = residentMb(gateway)
    const round = fc.array(request, { minLength: perRound, maxLength: perRound })
    await fc.assert(
      fc.asyncProperty(round, async (requests) => {
        const shares = lanes.map((lane, i) =>
          lane.send(
            requests.filter((_, place) => place % lanes.length === i),
            check,
          ),
        )
        // All to their end: a lane that goes on would meet the next round's requests.
        const failed = (await Promise.allSettled(shares)).find(({ status }) => status === 'rejected')
        if (failed?.status === 'rejected') throw failed.reason
      }),
      { seed, numRuns: Math.ceil(requestsMax / perRound), endOnFailure: true },
    )
    const grown = residentMb(gateway) - before
    t.diagnostic(
      `statuses: ${[...statuses]
        .sort()
        .map(([status, count]) => `${count} of ${status}`)
        .join(', ')}; ${grown} MB more than before`,
    )
    assert.ok(grown < grownMbMax, `the gateway has grown by ${grown} MB`)
    // All kinds of answers came, or the requests prove little.
    for (const status of [200, 204, 400, 401, 403, 404, 405, 413, 415, 421, 431])
      assert.ok(statuses.has(status), `no ${status}`)
    assert.equal(
      (await gateway.call('POST', '/api/v1/chat', { message: 'echo still here' }, good)).status,
      200,
    )
    assert.equal(gateway.child.exitCode, null)
    assert.doesNotMatch(gateway.output(), /internal error/)
  } finally {
    for (const lane of lanes) lane.close()
    await gateway.stop()
  }
})

/** One connection after another, each kept for as long as the gateway keeps it. */
class Lane {
  readonly #gateway: RunningGateway
  readonly #statuses: Map<number, number>
  #connection: Connection | undefined
  #before: Buffer = Buffer.alloc(0)

  constructor(gateway: RunningGateway, statuses: Map<number, number>) {
    this.#gateway = gateway
    this.#statuses = statuses
  }

  /** Sends requests one after another. Rejects with the one whose reply is wrong. */
  async send(requests: readonly FuzzRequest[], check: ReplyCheck): Promise<void> {
    for (const request of requests) {
      const bytes = wireOf(request)
      try {
        const reply = await this.#ask(request, bytes)
        this.#statuses.set(reply.status, (this.#statuses.get(reply.status) ?? 0) + 1)
        check(request.method, request.target, reply)
        this.#before = bytes
      } catch (cause) {
        this.close()
        const said = cause instanceof Error ? cause.message : String(cause)
        const sent = [this.#before, bytes].map((one) =>
          JSON.stringify(one.toString('latin1').slice(0, 2_000)),
        )
        throw new Error(`${said}\nafter ${sent.join('\nand ')}\n${this.#gateway.output().slice(-2_000)}`, {
          cause,
        })
      }
    }
  }

  close(): void {
    this.#connection?.[Symbol.dispose]()
    this.#connection = undefined
  }

  async #ask({ method, headers }: FuzzRequest, bytes: Buffer): Promise<ConnectionReply> {
    if (this.#connection?.isEnded) this.close()
    this.#connection ??= await Connection.open(this.#gateway.url)
    this.#connection.write(bytes)
    const reply = await this.#connection.reply(method)
    if (reply.headers.get('connection') === 'close' || headers.includes('Connection: close')) this.close()
    return reply
  }
}

function residentMb(gateway: RunningGateway): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024)
}
