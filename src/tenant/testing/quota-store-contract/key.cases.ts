import assert from 'node:assert/strict';
import { DAY, after, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

export const KEY_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'consume with a key counts once, and says so again whatever has happened since',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      assertStatus(await counter.consume(2, 'k'), 'granted');
      await counter.consume(3);
      const again = await counter.consume(2, 'k');
      assertStatus(again, 'granted', true);
      assert.equal(again.taken, 2);
      await counter.holdTo({ limit: 0 });
      assertStatus(await counter.consume(2, 'k'), 'granted', true);
      await counter.assertHolds(5);
      await fixture.moveTo(after(START, 40 * DAY));
      assertStatus(await counter.consume(2, 'k'), 'granted', true);
      await counter.assertHolds(0);
    },
  },
  {
    name: 'reserve with a key holds once, and tells of that reservation as it is',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 2 });
      const { id } = await counter.held(2, { key: 'k' });
      const again = await counter.reserve(2, { key: 'k' });
      assertReservation(again, 'reserved', { replayed: true });
      assert.equal(again.reservation?.id, id);
      await counter.assertHolds(0, 2);
      await counter.resolve('commit', id, 1);
      const settled = await counter.reserve(2, { key: 'k', inFlight: true });
      assertReservation(settled, 'committed', { charged: 1, replayed: true });
      assert.equal(settled.reservation?.id, id);
      await counter.assertHolds(1);
    },
  },
  {
    name: 'reserve with a key tells that the time of its reservation is over, also in the next period',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      await counter.held(2, { key: 'k', ttlSeconds: 60 });
      await fixture.moveTo(after(START, 40 * DAY));
      assertReservation(await counter.reserve(2, { key: 'k' }), 'expired', { replayed: true });
      await counter.assertHolds(0);
    },
  },
  {
    name: 'a key that stands for another amount, operation or resource is refused as such',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 10 });
      const other = await counter.other('other', { limit: 10 });
      await counter.consume(2, 'consumed');
      await counter.reserve(2, { key: 'held' });
      for (const outcome of [
        await counter.consume(1, 'consumed'),
        await counter.reserve(2, { key: 'consumed' }),
        await other.consume(2, 'consumed'),
        await counter.reserve(1, { key: 'held' }),
        await counter.consume(2, 'held'),
        await other.reserve(2, { key: 'held' }),
      ])
        assertStatus(outcome, 'key-reused');
      await counter.assertHolds(2, 2);
      await other.assertHolds(0);
      assertStatus(await other.consume(2, 'another'), 'granted');
    },
  },
  {
    name: 'a refused call leaves its key to whoever comes next',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      assertStatus(await counter.consume(4, 'k'), 'refused');
      assertStatus(await counter.reserve(4, { key: 'k' }), 'refused');
      assertStatus(await counter.consume(3, 'k'), 'granted');
      await counter.assertHolds(3);
    },
  },
  {
    name: 'a key is known to its tenant only',
    async run(fixture) {
      const one = await CounterUnderTest.open(fixture, { limit: 3 });
      const other = await CounterUnderTest.open(fixture, { limit: 3 });
      await one.consume(2, 'k');
      assertStatus(await other.consume(1, 'k'), 'granted');
      await one.assertHolds(2);
      await other.assertHolds(1);
    },
  },
  {
    name: 'a key that comes many times at once counts once',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 100 });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => counter.consume(3, 'k')));
      assert.ok(outcomes.every(({ status }) => status === 'granted'));
      assert.equal(outcomes.filter(({ replayed }) => !replayed).length, 1);
      await counter.assertHolds(3);
    },
  },
  {
    name: 'a key that comes for two resources at once is one of them',
    async run(fixture) {
      const units = await CounterUnderTest.open(fixture, { limit: 100 });
      const other = await units.other('other', { limit: 100 });
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? units : other).consume(1, 'k')),
      );
      const statuses = outcomes.map(({ status }) => status);
      assert.deepEqual([...new Set(statuses)].sort(), ['granted', 'key-reused']);
      const used = [(await units.state()).used, (await other.state()).used];
      assert.deepEqual(used.sort(), [0, 1]);
    },
  },
];
