import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../../src/domain/store.ts'
import type { OutgoingEvent, SettledAttempt } from '../../../src/domain/webhooks/webhook-store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, refuses } from './samples.ts'

/** What every engine must do with webhooks. */
export function webhooksContract(open: OpenStore): void {
  describe('an event', () => {
    it('is written with the turn that causes it, one delivery for each endpoint', async (t) => {
      const store = await emptyStore(t, open)
      const begun = { ...beginTurn('c1'), events: [eventFor('e1', 'a', 'b')] }
      await store.turns.begin(begun)
      await store.turns.finish({ ...finishTurn(begun), events: [eventFor('e2', 'a')] })
      const rows = await store.webhooks.deliveries.list({ limit: 10 })
      assert.deepEqual(
        rows.map((row) => [row.eventId, row.endpoint, row.status, row.attempts.length]),
        [
          ['e2', 'a', 'waiting', 0],
          ['e1', 'b', 'waiting', 0],
          ['e1', 'a', 'waiting', 0],
        ],
      )
    })

    it('is not there where its turn was refused', async (t) => {
      const store = await emptyStore(t, open)
      const begun = { ...beginTurn('c1'), events: [eventFor('e1', 'a')] }
      await store.turns.begin(begun)
      const again = { ...beginTurn('c1', { messageId: 'm2' }), events: [eventFor('e2', 'a')] }
      await refuses(store.turns.begin(again), 'conflict', /"c1"/)
      await store.conversations.delete('c1')
      const end = { ...finishTurn(begun), events: [eventFor('e3', 'a')] }
      await refuses(store.turns.finish(end), 'conflict', /"c1"/)
      assert.deepEqual(await eventsOf(store), ['e1'])
    })

    it('for a disabled endpoint is dead at once, and comes back by a recovery', async (t) => {
      const store = await emptyStore(t, open)
      await store.webhooks.endpoints.disable('a', 'gone', 500)
      await store.webhooks.outbox.append([eventFor('e1', 'a', 'b')])
      const [dead, ...others] = await store.webhooks.deliveries.list({ limit: 10, status: 'dead' })
      assert.deepEqual([dead?.endpoint, dead?.reason, others], ['a', 'endpoint_disabled', []])
      await store.webhooks.endpoints.enable('a')
      assert.equal(await store.webhooks.deliveries.recover('a', 2_000, 9_000), 0)
      assert.equal(await store.webhooks.deliveries.recover('a', 1_000, 9_000), 1)
      assert.equal(await store.webhooks.outbox.nextDue('a'), 9_000)
    })
  })

  describe('a delivery', () => {
    it('is claimed once, the longest due first, and not before it is due', async (t) => {
      const store = await emptyStore(t, open)
      await store.webhooks.outbox.append([eventFor('e1', 'a'), eventFor('e2', 'a'), eventFor('e3', 'b')])
      assert.equal(await store.webhooks.outbox.nextDue('a'), 1_000)
      assert.deepEqual(await claim(store, { now: 999 }), [])
      assert.deepEqual(await claim(store, { limit: 1 }), ['e1'])
      assert.deepEqual(await claim(store, { lease: 'l2' }), ['e2'])
      assert.deepEqual(await claim(store, { lease: 'l3' }), [])
      assert.equal(await store.webhooks.outbox.nextDue('none'), undefined)
    })

    it('of two claims at once goes to one', async (t) => {
      const store = await emptyStore(t, open)
      const events = Array.from({ length: 40 }, (_, i) => eventFor(`e${i}`, 'a'))
      await store.webhooks.outbox.append(events)
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, i) => claim(store, { lease: `l${i}`, limit: 10 })),
      )
      const claimed = claims.flat()
      assert.equal(claimed.length, 40)
      assert.equal(new Set(claimed).size, 40)
    })

    it('whose lease has ended is claimed again, and one that was given back at once', async (t) => {
      const store = await emptyStore(t, open)
      await store.webhooks.outbox.append([eventFor('e1', 'a')])
      await claim(store, { lease: 'l1', leasedUntil: 6_000 })
      assert.deepEqual(await claim(store, { lease: 'l2', now: 5_999 }), [])
      assert.deepEqual(await claim(store, { lease: 'l3', now: 6_000, leasedUntil: 20_000 }), ['e1'])
      assert.equal(await store.webhooks.outbox.release(7_000, 'l1'), 0)
      assert.equal(await store.webhooks.outbox.release(7_000, 'l3'), 1)
      assert.deepEqual(await claim(store, { lease: 'l4', now: 7_000, leasedUntil: 20_000 }), ['e1'])
      assert.equal(await store.webhooks.outbox.release(8_000), 1)
    })

    it('that is claimed for a disabled endpoint stays where it is', async (t) => {
      const store = await emptyStore(t, open)
      await store.webhooks.outbox.append([eventFor('e1', 'a')])
      await store.webhooks.endpoints.disable('a', 'by hand', 2_000)
      assert.deepEqual(await claim(store), [])
      assert.equal(await store.webhooks.outbox.nextDue('a'), undefined)
      await store.webhooks.endpoints.enable('a')
      assert.deepEqual(await claim(store), ['e1'])
    })

    it('is waiting again after a failure and finished after a success, with both attempts', async (t) => {
      const store = await emptyStore(t, open)
      await store.webhooks.outbox.append([eventFor('e1', 'a')])
      const { outbox, deliveries, endpoints } = store.webhooks
      const [first] = await claimed(store)
      assert.deepEqual([first?.eventId, first?.event, first?.tries], ['e1', 'message.sent', 0])
      assert.equal(await outbox.payload(first?.eventKey ?? 0), '{"id":"e1"}')
      await outbox.settle(failure(first?.key ?? 0, { status: 'waiting', dueAt: 8_000 }))
      assert.equal((await endpoints.find('a'))?.failingSince, 5_000)
      assert.equal(await outbox.nextDue('a'), 8_000)
      const [second] = await claimed(store, { lease: 'l2', now: 8_000 })
      assert.equal(second?.tries, 1)
      await outbox.settle(success(second?.key ?? 0))
      assert.equal((await endpoints.find('a'))?.failingSince, null)
      const [row] = await deliveries.list({ limit: 1 })
      assert.deepEqual([row?.status, row?.nextAttemptAt], ['delivered', null])
      assert.deepEqual(
        row?.attempts.map(({ status, error, durationMs, answer }) => ({ status, error, durationMs, answer })),
        [
          { status: 500, error: 'http_status', durationMs: 12, answer: 'no' },
          { status: 200, error: null, durationMs: 3, answer: 'yes' },
        ],
      )
      assert.deepEqual(await deliveries.find(row?.id ?? ''), row)
      assert.equal(await deliveries.replay(row?.id ?? '', 9_000), true)
      assert.equal(await deliveries.replay('none', 9_000), false)
      const [third] = await claimed(store, { lease: 'l3', now: 9_000 })
      assert.equal(third?.tries, 0)
    })

    it('that disables its endpoint tells the others in the same batch', async (t) => {
      const store = await emptyStore(t, open)
      const { outbox, endpoints } = store.webhooks
      await outbox.append([eventFor('e1', 'a'), eventFor('e2', 'a')])
      const [first] = await claimed(store, { limit: 1 })
      const disable = { reason: 'gone', events: [eventFor('e3', 'b')] }
      await outbox.settle({ ...failure(first?.key ?? 0, { status: 'dead', reason: 'gone' }), disable })
      const state = await endpoints.find('a')
      assert.deepEqual([state?.disabledAt, state?.disabledReason], [5_012, 'gone'])
      assert.deepEqual(await claim(store, { endpoint: 'b', lease: 'l9', now: 9_000 }), ['e3'])
      await store.webhooks.deliveries.prune({ deliveredBefore: 0, deadBefore: 0, at: 6_000 })
      const dead = await store.webhooks.deliveries.list({ limit: 10, status: 'dead' })
      assert.deepEqual(
        dead.map(({ eventId, reason }) => [eventId, reason]),
        [
          ['e2', 'endpoint_disabled'],
          ['e1', 'gone'],
        ],
      )
    })
  })

  describe('old deliveries', () => {
    it('are removed by their own times, and an event stays while one delivery of it does', async (t) => {
      const store = await emptyStore(t, open)
      const { outbox, deliveries } = store.webhooks
      await outbox.append([eventFor('e1', 'a', 'b'), eventFor('e2', 'a')])
      for (const delivery of await claimed(store)) await outbox.settle(success(delivery.key))
      const [other] = await claimed(store, { endpoint: 'b', lease: 'l2' })
      await outbox.settle(failure(other?.key ?? 0, { status: 'dead', reason: 'attempts_exhausted' }, 'b'))
      await deliveries.prune({ deliveredBefore: 5_000, deadBefore: 5_000, at: 9_000 })
      assert.equal((await deliveries.list({ limit: 10 })).length, 3)
      await deliveries.prune({ deliveredBefore: 9_000, deadBefore: 900, at: 9_000 })
      const left = await deliveries.list({ limit: 10 })
      assert.deepEqual(
        left.map(({ eventId, endpoint }) => [eventId, endpoint]),
        [['e1', 'b']],
      )
      await deliveries.prune({ deliveredBefore: 9_000, deadBefore: 9_000, at: 9_000 })
      assert.deepEqual(await deliveries.list({ limit: 10 }), [])
      assert.equal(await outbox.payload(1), undefined)
    })
  })

  describe('a list of deliveries', () => {
    it('is filtered by endpoint, status and event, newest first, page by page', async (t) => {
      const store = await emptyStore(t, open)
      const { outbox, deliveries } = store.webhooks
      await outbox.append([eventFor('e1', 'a'), eventFor('e2', 'b'), eventFor('e3', 'a')])
      const [first] = await claimed(store, { limit: 1 })
      await outbox.settle(success(first?.key ?? 0))
      const list = async (query: object): Promise<readonly string[]> =>
        (await deliveries.list({ limit: 10, ...query })).map(({ eventId }) => eventId)
      assert.deepEqual(await list({}), ['e3', 'e2', 'e1'])
      assert.deepEqual(await list({ endpoint: 'a' }), ['e3', 'e1'])
      assert.deepEqual(await list({ endpoint: 'a', status: 'waiting' }), ['e3'])
      assert.deepEqual(await list({ status: 'delivered', event: 'message.sent' }), ['e1'])
      assert.deepEqual(await list({ event: 'message.received' }), [])
      const [newest] = await deliveries.list({ limit: 1 })
      assert.deepEqual(await list({ beforeKey: newest?.key }), ['e2', 'e1'])
    })
  })

  describe('a previous secret', () => {
    it('keeps the time at which it was first seen', async (t) => {
      const store = await emptyStore(t, open)
      const { endpoints } = store.webhooks
      const since = async (): Promise<unknown> => (await endpoints.find('a'))?.previousSecretSince
      await endpoints.notePreviousSecret('a', 'one', 1_000)
      await endpoints.notePreviousSecret('a', 'one', 2_000)
      assert.equal(await since(), 1_000)
      await endpoints.notePreviousSecret('a', 'two', 3_000)
      assert.equal(await since(), 3_000)
    })
  })
}

function eventFor(id: string, ...endpoints: readonly string[]): OutgoingEvent {
  const deliveries = endpoints.map((endpoint) => ({ id: `whd_${id}_${endpoint}`, endpoint }))
  return { id, event: 'message.sent', at: 1_000, payload: `{"id":"${id}"}`, deliveries }
}

function claimed(store: Store, more: object = {}) {
  const whole = { endpoint: 'a', lease: 'l1', now: 5_000, leasedUntil: 65_000, limit: 10 }
  return store.webhooks.outbox.claimDue({ ...whole, ...more })
}

async function claim(store: Store, more: object = {}): Promise<readonly string[]> {
  return (await claimed(store, more)).map(({ eventId }) => eventId)
}

async function eventsOf(store: Store): Promise<readonly string[]> {
  return (await store.webhooks.deliveries.list({ limit: 100 })).map(({ eventId }) => eventId)
}

function success(deliveryKey: number, endpoint = 'a'): SettledAttempt {
  const attempt = { id: 'dlv_2', at: 6_000, status: 200, error: null, durationMs: 3, answer: 'yes' }
  return { deliveryKey, endpoint, attempt, next: { status: 'delivered' } }
}

function failure(deliveryKey: number, next: SettledAttempt['next'], endpoint = 'a'): SettledAttempt {
  const attempt = { id: 'dlv_1', at: 5_000, status: 500, error: 'http_status', durationMs: 12, answer: 'no' }
  return { deliveryKey, endpoint, attempt, next }
}
