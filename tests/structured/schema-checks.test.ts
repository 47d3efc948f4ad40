import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { JsonObject } from '../../src/domain/models/provider.ts'
import { SchemaChecks } from '../../src/domain/schemas/schema-checks.ts'
import type { SchemaCheck } from '../../src/domain/schemas/schema-compiler.ts'
import type { SchemaJob, SchemaThread } from '../../src/domain/schemas/schema-thread.ts'
import { startSchemaThread } from '../../src/schema/schema-thread.ts'
import { withCode } from '../support/turns.ts'

const evil = { type: 'string', pattern: '^(a+)+$' }
const evilValue = JSON.stringify(`${'a'.repeat(50)}b`)

/** Checks by real threads, with a list of what they were given to do. */
class Bench {
  readonly jobs: SchemaJob[] = []
  readonly threads: SchemaThread[] = []
  readonly checks: SchemaChecks

  constructor(stack: AsyncDisposableStack, start = startSchemaThread) {
    this.checks = new SchemaChecks({
      startThread: () => this.#watched(start()),
      hash: (text) => hash('sha256', text),
      monotonic: () => performance.now(),
    })
    stack.use(this.checks)
  }

  async problemOf(schema: JsonObject, name = 'somebody'): Promise<string> {
    const verdict = await this.checks.compile(schema, callerNamed(name))
    return 'problem' in verdict ? verdict.problem : ''
  }

  async checkOf(schema: JsonObject, name = 'somebody'): Promise<SchemaCheck> {
    const verdict = await this.checks.compile(schema, callerNamed(name))
    assert.ok('check' in verdict, JSON.stringify(verdict))
    return verdict.check
  }

  /** Checks a good value until its schema is trusted: at once, but for a machine that stood still in that moment. */
  async trust(check: SchemaCheck, value: string): Promise<void> {
    for (let i = 0; i < 5 && this.jobs.at(-1)?.care !== 'trusted'; i++)
      assert.deepEqual(await check(value), [])
    assert.equal(this.jobs.at(-1)?.care, 'trusted')
  }

  #watched(thread: SchemaThread): SchemaThread {
    this.threads.push(thread)
    return {
      started: thread.started,
      run: (job) => {
        this.jobs.push(job)
        return thread.run(job)
      },
      end: () => thread.end(),
    }
  }
}

function isFirstTry({ value, care }: SchemaJob): boolean {
  return value === undefined && care === 'brief'
}

function callerNamed(name: string): { readonly name: string; readonly signal: AbortSignal } {
  return { name, signal: new AbortController().signal }
}

function listOfWrongs(): string {
  return JSON.stringify(Array(340_000).fill(1))
}

describe('checks of schemas in a thread', () => {
  const stack = new AsyncDisposableStack()
  after(() => stack.disposeAsync())

  it('no thread is started before the first schema that is worth one', async () => {
    const { checks, threads } = new Bench(stack)
    await checks[Symbol.asyncDispose]()
    assert.equal(threads.length, 0)
    const bench = new Bench(stack)
    assert.match(await bench.problemOf({ description: 'x'.repeat(65_536) }), /larger than 65536 bytes/)
    const nested: JsonObject = JSON.parse(`${'{"not":'.repeat(8000)}{}${'}'.repeat(8000)}`)
    assert.match(await bench.problemOf(nested), /nested deeper than 64 levels/)
    assert.equal(bench.threads.length, 0)
    assert.equal(await bench.problemOf({ description: 'x'.repeat(65_000) }), '')
    assert.equal(bench.threads.length, 1)
  })

  it('a schema that is known is not compiled again, and one that is quick is trusted', async () => {
    const bench = new Bench(stack)
    for (let i = 0; i < 3; i++) {
      const check = await bench.checkOf({ type: 'integer' })
      assert.deepEqual(await check('5'), [])
      assert.deepEqual(await check('"x"'), ['data must be integer'])
      assert.deepEqual(
        await check('1e400'),
        ['data must be integer'],
        'as it was written, not as it was read',
      )
    }
    assert.equal(bench.jobs.filter(isFirstTry).length, 1)
    const cares = bench.jobs.filter(({ value }) => value !== undefined).map(({ care }) => care)
    assert.equal(cares[0], 'brief')
    assert.equal(cares.at(-1), 'trusted')
    assert.match(await bench.problemOf({ type: 'strin' }), /^is not valid: schema\/type/)
    assert.match(await bench.problemOf({ type: 'strin' }), /^is not valid: schema\/type/)
    assert.equal(bench.jobs.filter((job) => isFirstTry(job) && job.schema.includes('strin"')).length, 1)
  })

  it('a check that was cut off is remembered and not run again', async () => {
    const bench = new Bench(stack)
    const check = await bench.checkOf(evil)
    for (let i = 0; i < 3; i++)
      assert.deepEqual(await check(evilValue), ['data takes longer than 100 ms to check'])
    assert.deepEqual(
      bench.jobs.filter(({ value }) => value === evilValue).map(({ care }) => care),
      ['brief', 'full'],
    )
    assert.deepEqual(await check('"aaa"'), [])
  })

  it('a schema that was trusted and hangs is ended, and whoever waits behind it is answered', async () => {
    const bench = new Bench(stack)
    const check = await bench.checkOf(evil)
    await bench.trust(check, '"aaa"')
    const other = await bench.checkOf({ type: 'integer' }, 'another')
    const [late, ...fine] = await Promise.all([check(evilValue), other('5'), other('6')])
    assert.deepEqual(late, ['data takes longer than 100 ms to check'])
    assert.deepEqual(fine, [[], []])
    assert.ok(bench.jobs.some(({ care, value }) => care === 'trusted' && value === evilValue))
    assert.deepEqual(await other('"x"'), ['data must be integer'])
  })

  it('a main thread that stands still is not taken for a schema that does', async () => {
    const thread = startSchemaThread()
    stack.defer(() => thread.end())
    const job = { care: 'trusted', schema: '{"type":"integer"}', value: '"x"' } as const
    await thread.run(job)
    const answer = thread.run(job)
    await setImmediate()
    for (const until = performance.now() + 400; performance.now() < until; );
    const { result, tookMs } = await answer
    assert.deepEqual(result, { words: ['data must be integer'] })
    assert.ok(tookMs < 250, `${tookMs} ms`)
  })

  it('what is slow does not hold up what is quick', async () => {
    const bench = new Bench(stack)
    const quick = await bench.checkOf({ type: 'integer' }, 'quick')
    assert.deepEqual(await quick('1'), [])
    const floods = Array.from({ length: 3 }, async (_, i) => {
      for (let k = 0; k < 3; k++) {
        const check = await bench.checkOf({ ...evil, title: `${i} ${k}` }, `evil ${i}`)
        await check(evilValue)
      }
    })
    let ended = false
    const all = Promise.all(floods).then(() => {
      ended = true
    })
    let answered = 0
    while (!ended) {
      assert.deepEqual(await quick('2'), [])
      answered += 1
      await setImmediate()
    }
    await all
    // Were they in one line, an answer would come between two of the slow ones: some 20.
    assert.ok(answered > 60, `${answered} answers`)
  })

  it('a thread that runs out of memory fails the caller whose job it was, and nobody else', async () => {
    const bench = new Bench(stack, () =>
      startSchemaThread({ maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 }),
    )
    const greedy = await bench.checkOf({ type: 'array', items: { type: 'string', enum: ['a'] } }, 'greedy')
    const modest = await bench.checkOf({ type: 'integer' }, 'modest')
    assert.deepEqual(await modest('5'), [])
    await bench.trust(greedy, '["a"]')
    const [wrong, fine, bad] = await Promise.all([greedy(listOfWrongs()), modest('6'), modest('"x"')])
    assert.match(wrong.join(), /data takes too much memory to check|longer than 100 ms/)
    assert.deepEqual(fine, [])
    assert.deepEqual(bad, ['data must be integer'])
    assert.ok(bench.threads.length > 2, 'the quick one has ended')
    assert.deepEqual(await modest('7'), [])
  })

  it('a caller who is gone does not wait, and is not run', async () => {
    const bench = new Bench(stack)
    const gone = new AbortController()
    const first = bench.problemOf({ title: 'first' })
    const second = bench.checks.compile({ title: 'second' }, { name: 'b', signal: gone.signal })
    gone.abort(new Error('gone'))
    await assert.rejects(second, /gone/)
    await first
    await assert.rejects(bench.checks.compile({ title: 'third' }, { name: 'b', signal: gone.signal }), /gone/)
    assert.deepEqual(
      bench.jobs.map(({ schema }) => schema),
      ['{"title":"first"}'],
    )
  })

  it('32 schemas of one caller may wait, and more are refused as overloaded', async () => {
    const bench = new Bench(stack)
    const asked = Array.from({ length: 40 }, (_, i) => bench.problemOf({ title: `${i}` }))
    const ends = await Promise.allSettled(asked)
    // The first one is taken out at once.
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 33)
    await assert.rejects(asked[39] ?? Promise.resolve(), withCode('overloaded'))
    assert.equal(await bench.problemOf({ title: 'now' }), '')
  })

  it('closing ends the threads, also one that hangs, and tells all who wait', async () => {
    const bench = new Bench(stack)
    const check = await bench.checkOf(evil)
    await bench.trust(check, '"aaa"')
    const running = [check(evilValue), check('"aa"'), bench.problemOf({ title: 'waits' }, 'another')]
    const ends = Promise.allSettled(running)
    await bench.checks[Symbol.asyncDispose]()
    for (const end of await ends) {
      assert.equal(end.status, 'rejected')
      assert.ok(withCode('shutting_down')(end.reason))
    }
    await assert.rejects(bench.problemOf({ title: 'later' }), withCode('shutting_down'))
  })

  it('where no thread can be started it is said so, and tried again the next time', async () => {
    let isBroken = true
    const bench = new Bench(stack, () => {
      if (isBroken) throw new Error('no more threads')
      return startSchemaThread()
    })
    await assert.rejects(bench.problemOf({ title: 'a' }), withCode('internal_error'))
    isBroken = false
    assert.equal(await bench.problemOf({ title: 'a' }), '')
  })
})
