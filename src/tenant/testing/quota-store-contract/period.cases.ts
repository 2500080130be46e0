import assert from 'node:assert/strict';
import { after, ANCHOR, DAY, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

/** The 31st of each month, or the last day of a shorter one. */
const BOUNDARIES = ['2040-02-29', '2040-03-31', '2040-04-30', '2040-05-31', '2040-06-30', '2040-07-31'].map(
  (day) => new Date(`${day}T10:00:00.000Z`),
);
const NEXT = new Date('2040-03-31T10:00:00.000Z');

export const PERIOD_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'periods follow each other without a gap, each a whole number of months from the anchor',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      let start: Date | undefined;
      for (const end of BOUNDARIES) {
        const from = start;
        start = end;
        if (!from) continue;
        const { state } = await counter.apply({ op: 'consume', amount: 3 });
        assert.deepEqual(
          [state.periodStart?.getTime(), state.periodEnd?.getTime()],
          [from.getTime(), end.getTime()],
        );
        await fixture.moveTo(after(end, -1));
        assertStatus(await counter.consume(), 'refused');
        await fixture.moveTo(end);
        assert.equal((await counter.state()).used, 0);
      }
    },
  },
  {
    name: 'a period runs from the anchor, which may be of today or to come',
    async run(fixture) {
      for (const anchor of [START, after(START, 1), after(START, 400 * DAY)]) {
        const counter = await CounterUnderTest.open(fixture, { limit: 3 }, 'consumption', anchor);
        assertStatus(await counter.consume(), 'granted');
        const { periodStart, periodEnd } = await counter.state();
        assert.ok(periodStart && periodEnd && periodStart <= START && START < periodEnd);
        assert.equal(periodEnd.getUTCMilliseconds(), anchor.getUTCMilliseconds());
      }
    },
  },
  {
    name: 'a reservation belongs to the period it was made in, and goes back there',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, refundCap: 2 });
      const month = { ttlSeconds: 40 * 24 * 60 * 60 };
      const [committed, released] = [await counter.held(2, month), await counter.held(1, month)];
      const expired = await counter.held(2, { ...month, ttlSeconds: 30 * 24 * 60 * 60, inFlight: true });
      await fixture.moveTo(NEXT);
      await counter.assertHolds(0);
      assertStatus(await counter.consume(4), 'granted');
      assertReservation(await counter.resolve('commit', committed.id), 'committed', { charged: 2 });
      assertReservation(await counter.resolve('release', released.id), 'released');
      await counter.assertHolds(4);
      await fixture.moveTo(after(START, 30 * DAY));
      const late = { charged: 2, replayed: true };
      assertReservation(await counter.resolve('release', expired.id), 'expired', late);
      await counter.assertHolds(4);
    },
  },
  {
    name: 'each period has a cap of what failed work gives back, by when the work was reserved',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 50, refundCap: 2 });
      const month = { ttlSeconds: 40 * 24 * 60 * 60, inFlight: true };
      const [first, second] = [await counter.held(2, month), await counter.held(2, month)];
      await fixture.moveTo(NEXT);
      const third = await counter.held(2, month);
      assertReservation(await counter.resolve('release', first.id), 'released');
      assertReservation(await counter.resolve('release', second.id), 'committed', { charged: 2 });
      assertReservation(await counter.resolve('release', third.id), 'released');
      await counter.assertHolds(0);
    },
  },
  {
    name: 'grace of one period is none of the next, which has its own',
    async run(fixture) {
      const terms = { limit: 2, enforcement: 'grace', graceDays: 1 } as const;
      const counter = await CounterUnderTest.open(fixture, terms);
      await counter.consume(3);
      await fixture.moveTo(after(START, 2 * DAY));
      assertStatus(await counter.consume(), 'refused');
      await fixture.moveTo(NEXT);
      assertStatus(await counter.consume(3), 'granted');
      const { graceUntil } = await counter.state();
      assert.equal(graceUntil?.getTime(), after(NEXT, DAY).getTime());
    },
  },
  {
    name: 'the anchor’s own period began on it',
    async run(fixture) {
      const counter = await CounterUnderTest.open(
        fixture,
        { limit: 1 },
        'consumption',
        after(ANCHOR, 39 * DAY),
      );
      const { periodStart } = await counter.state();
      assert.equal(periodStart?.toISOString(), '2040-03-10T10:00:00.000Z');
    },
  },
];
