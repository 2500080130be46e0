import assert from 'node:assert/strict';
import type { QuotaCall } from '../../quotas/quota.store.js';
import type { QuotaStoreCase } from './contract-case.js';
import { assertStatus, CounterUnderTest } from './counter-under-test.js';

const consume = (amount: number): QuotaCall => ({ op: 'consume', amount });

export const CONSUME_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'consume takes up to the limit, and not one more',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      for (const taken of [1, 2, 3]) {
        const outcome = await counter.consume();
        assertStatus(outcome, 'granted');
        assert.equal(outcome.taken, taken);
      }
      assertStatus(await counter.consume(), 'refused');
      await counter.assertHolds(3);
    },
  },
  {
    name: 'consume takes all of an amount or none of it, and what is refused is written nowhere',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 10 });
      assertStatus(await counter.consume(11), 'refused');
      assertStatus(await counter.consume(7), 'granted');
      assertStatus(await counter.consume(4), 'refused');
      await counter.assertHolds(7);
      assertStatus(await counter.consume(3), 'granted');
      await counter.assertHolds(10);
    },
  },
  {
    name: 'apply takes its calls in order: one that does not fit is refused, those after it are still tried',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      const { state, outcomes } = await counter.apply(...[2, 4, 2, 2, 1].map(consume));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['granted', 'refused', 'granted', 'refused', 'granted'],
      );
      assert.deepEqual(
        outcomes.filter(({ status }) => status === 'granted').map(({ taken }) => taken),
        [2, 4, 5],
      );
      assert.equal(state.used, 5);
      await counter.assertHolds(5);
    },
  },
  {
    name: 'apply of no calls tells the state and changes none',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      await counter.consume(2);
      const { state, outcomes } = await counter.apply();
      assert.deepEqual(outcomes, []);
      assert.deepEqual(state, await counter.state());
      await counter.assertHolds(2);
    },
  },
  {
    name: 'a limit of 0 takes nothing, null takes everything, and one nobody set takes nothing',
    async run(fixture) {
      const none = await CounterUnderTest.open(fixture, { limit: 0 });
      assertStatus(await none.consume(), 'refused');
      assertStatus(await none.reserve(), 'refused');
      await none.assertHolds(0);
      const unlimited = await CounterUnderTest.open(fixture, { limit: null });
      assertStatus(await unlimited.consume(1_000_000_000_000), 'granted');
      assertStatus(await unlimited.reserve(3_000_000_000), 'granted');
      assert.equal((await unlimited.state()).limit, null);
      await unlimited.assertHolds(1_000_000_000_000, 3_000_000_000);
      const { state, outcomes } = await unlimited.store.apply({ ...unlimited.at, resource: 'other' }, [
        consume(1),
      ]);
      assert.equal(state.limit, 0);
      assert.equal(outcomes[0]?.status, 'refused');
    },
  },
  {
    name: 'what one tenant or resource uses is not used of another',
    async run(fixture) {
      const one = await CounterUnderTest.open(fixture, { limit: 2 });
      const another = await CounterUnderTest.open(fixture, { limit: 2 });
      const other = await one.other('other', { limit: 2 });
      await one.consume(2);
      assertStatus(await one.consume(), 'refused');
      for (const counter of [another, other]) {
        await counter.assertHolds(0);
        assertStatus(await counter.consume(2), 'granted');
      }
    },
  },
  {
    name: 'a changed limit holds at the next call, and what was used stays used',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 2 });
      await counter.consume(2);
      await counter.holdTo({ limit: 5 });
      assertStatus(await counter.consume(3), 'granted');
      await counter.holdTo({ limit: 3 });
      assertStatus(await counter.consume(), 'refused');
      const { limit, used } = await counter.state();
      assert.deepEqual({ limit, used }, { limit: 3, used: 5 });
      await counter.holdTo({ limit: null });
      assertStatus(await counter.consume(), 'granted');
    },
  },
  {
    name: 'read tells of each counter in the order asked for',
    async run(fixture) {
      const units = await CounterUnderTest.open(fixture, { limit: 5 });
      const other = await units.other('other', { limit: 7 });
      const slots = { resource: 'slots', kind: 'concurrency' } as const;
      await units.consume(2);
      await other.consume(3);
      const states = await units.store.read(units.at.tenantId, [other.at, slots, units.at]);
      assert.deepEqual(
        states.map(({ limit, used }) => [limit, used]),
        [
          [7, 3],
          [0, 0],
          [5, 2],
        ],
      );
      assert.ok(states.every(({ plan, enforcement }) => plan !== '' && enforcement === 'hard'));
      assert.deepEqual(await units.store.read(units.at.tenantId, []), []);
    },
  },
];
