import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairQueue } from './fair-queue.ts'

class Bench {
  ms = 0
  readonly queue = new FairQueue<string>(() => this.ms)

  /** Takes out so many jobs, each of which takes so long. */
  serve(count: number, ms: (job: string) => number): readonly string[] {
    return Array.from({ length: count }, () => {
      const job = this.queue.next() ?? ''
      this.ms += ms(job)
      this.queue.charge(job.slice(0, 1), ms(job))
      return job
    })
  }
}

describe('the queue of schemas', () => {
  it("a caller's jobs keep their order, and equals take turns", () => {
    const { queue } = new Bench()
    for (const job of ['a1', 'a2', 'a3', 'b1', 'b2']) assert.ok(queue.add(job.slice(0, 1), job))
    const served = Array.from({ length: 6 }, () => queue.next())
    assert.deepEqual(served, ['a1', 'b1', 'a2', 'b2', 'a3', undefined])
  })

  it('whoever took little time is served before a flood of slow jobs of many', () => {
    const bench = new Bench()
    for (const caller of 'abcdefgh') for (let i = 0; i < 30; i++) bench.queue.add(caller, `${caller}${i}`)
    const slow = (job: string): number => (job.startsWith('z') ? 1 : 100)
    bench.serve(40, slow)
    for (let i = 0; i < 20; i++) {
      bench.queue.add('z', `z${i}`)
      assert.deepEqual(bench.serve(2, slow)[0], `z${i}`)
    }
  })

  it('what somebody took is forgotten with time', () => {
    const bench = new Bench()
    bench.queue.charge('a', 8000)
    assert.equal(bench.queue.spentMs('a'), 8000)
    bench.ms += 30_000
    assert.equal(bench.queue.spentMs('a'), 4000)
    bench.queue.charge('a', 1000)
    assert.equal(bench.queue.spentMs('a'), 5000)
    assert.equal(bench.queue.spentMs('nobody'), 0)
  })

  it('a caller may have 32 jobs wait, and all of them 512', () => {
    const { queue } = new Bench()
    for (let i = 0; i < 32; i++) assert.ok(queue.add('a', `a${i}`))
    assert.equal(queue.add('a', 'one more'), false)
    for (let i = 0; i < 480; i++) assert.ok(queue.add(`b${i % 40}`, `b${i}`))
    assert.equal(queue.add('c', 'one more'), false)
    assert.equal(queue.next(), 'a0')
    assert.ok(queue.add('c', 'now there is room'))
  })

  it('a job that was taken out is not served', () => {
    const { queue } = new Bench()
    queue.add('a', 'a1')
    queue.add('a', 'a2')
    assert.equal(queue.remove('a', 'a1'), true)
    assert.equal(queue.remove('a', 'a1'), false)
    assert.equal(queue.remove('b', 'a2'), false)
    assert.deepEqual([queue.next(), queue.next()], ['a2', undefined])
  })

  it('a crowd of callers is forgotten, those who took the most last', () => {
    const { queue } = new Bench()
    queue.charge('slow', 1000)
    for (let i = 0; i < 1000; i++) queue.charge(`caller ${i}`, 1)
    assert.equal(queue.spentMs('slow'), 1000)
    assert.equal(queue.spentMs('caller 0'), 0)
  })
})
