import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Intake } from './intake.ts'

function setUp(bounds: { eventsMax?: number; charactersMax?: number } = {}) {
  const durable: number[] = []
  const failures: string[] = []
  const intake = new Intake(0, {
    eventsMax: bounds.eventsMax ?? 100,
    charactersMax: bounds.charactersMax ?? 1_000,
    onDurable: (sequence) => durable.push(sequence),
    onFailure: (reason) => failures.push(reason),
  })
  const works = new Map<number, PromiseWithResolvers<void>>()
  const begun: number[] = []
  const take = (sequence: number, chatId: string, characters = 1): void => {
    const work = Promise.withResolvers<void>()
    works.set(sequence, work)
    intake.take(sequence, chatId, characters, () => {
      begun.push(sequence)
      return work.promise
    })
  }
  const end = async (sequence: number, error?: Error): Promise<void> => {
    if (error) works.get(sequence)?.reject(error)
    else works.get(sequence)?.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { intake, take, end, durable, failures, begun }
}

describe('an intake', () => {
  it('never lets the durable place pass an event that is not', async () => {
    const { intake, take, end } = setUp()
    take(1, 'a')
    take(2, 'b')
    take(3, 'c')
    intake.skip(4)
    assert.equal(intake.durable, 0)
    await end(2)
    assert.equal(intake.durable, 0)
    await end(1)
    assert.equal(intake.durable, 2)
    await end(3)
    assert.equal(intake.durable, 4)
  })

  it('takes the events of one chat one after another, and other chats beside it', async () => {
    const { take, end, begun } = setUp()
    take(1, 'a')
    take(2, 'a')
    take(3, 'b')
    await end(0)
    assert.deepEqual(begun, [1, 3])
    await end(1)
    assert.deepEqual(begun, [1, 3, 2])
  })

  it('takes nothing further once an event has failed, and tells of it once', async () => {
    const { intake, take, end, begun, failures } = setUp()
    take(1, 'a')
    take(2, 'a')
    take(3, 'b')
    await end(1, new Error('the disk is full'))
    take(4, 'c')
    await end(3)
    assert.deepEqual(begun, [1, 3])
    assert.equal(failures.length, 1)
    assert.equal(intake.durable, 0)
  })

  it('tells where more waits than it may hold, by number and by size', () => {
    const many = setUp({ eventsMax: 10 })
    for (let sequence = 1; sequence <= 10; sequence++) many.take(sequence, 'a')
    assert.equal(many.failures.length, 0)
    many.take(11, 'a')
    assert.equal(many.failures.length, 1)
    const large = setUp({ charactersMax: 100 })
    large.take(1, 'a', 60)
    assert.equal(large.failures.length, 0)
    large.take(2, 'b', 60)
    assert.equal(large.failures.length, 1)
  })

  it('closes when what runs has ended, and begins nothing that waits', async () => {
    const { intake, take, end, begun } = setUp()
    take(1, 'a')
    take(2, 'a')
    await end(0)
    const closed = intake.close()
    await end(1)
    await closed
    assert.deepEqual(begun, [1])
    assert.equal(intake.durable, 1)
  })
})
