import assert from 'node:assert/strict';
import { after, DAY, MINUTE, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

export const CONCURRENCY_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'concurrency holds what is under way, and however it ends it is free again',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 }, 'concurrency');
      const ids = [await counter.held(), await counter.held(1, { inFlight: true }), await counter.held()].map(
        ({ id }) => id,
      ) as [string, string, string];
      assertStatus(await counter.reserve(), 'refused');
      await counter.assertHolds(0, 3);
      assertReservation(await counter.resolve('commit', ids[0]), 'committed');
      assertReservation(await counter.resolve('release', ids[1]), 'released');
      assertStatus(await counter.reserve(2), 'granted');
      assertStatus(await counter.reserve(), 'refused');
      await counter.assertHolds(0, 3);
      assertReservation(await counter.resolve('commit', ids[2]), 'committed');
      await counter.assertHolds(0, 2);
    },
  },
  {
    name: 'concurrency has no period, and no cap on what failed work gives back',
    async run(fixture) {
      const terms = { limit: 2, refundCap: 0 };
      const counter = await CounterUnderTest.open(fixture, terms, 'concurrency');
      const { id } = await counter.held(2, { inFlight: true, ttlSeconds: 60 * 24 * 60 * 60 });
      const { periodStart, periodEnd } = await counter.state();
      assert.deepEqual({ periodStart, periodEnd }, { periodStart: null, periodEnd: null });
      await fixture.moveTo(after(START, 50 * DAY));
      assertStatus(await counter.reserve(), 'refused');
      assertReservation(await counter.resolve('release', id), 'released');
      await counter.assertHolds(0);
    },
  },
  {
    name: 'concurrency of work that never said it ended is free again when its time is over',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 1 }, 'concurrency');
      const { id } = await counter.held(1, { inFlight: true, ttlSeconds: 60 });
      await fixture.moveTo(after(START, MINUTE - 1));
      assertStatus(await counter.reserve(), 'refused');
      await fixture.moveTo(after(START, MINUTE));
      const { used, reserved } = await counter.state();
      assert.deepEqual({ used, reserved }, { used: 0, reserved: 0 });
      assertStatus(await counter.reserve(), 'granted');
      assertReservation(await counter.resolve('commit', id), 'expired', { replayed: true });
      await counter.assertHolds(0, 1);
    },
  },
];
