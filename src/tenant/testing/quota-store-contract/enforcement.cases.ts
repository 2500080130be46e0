import assert from 'node:assert/strict';
import { after, DAY, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

export const ENFORCEMENT_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'soft goes over the limit, up to its cap',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, enforcement: 'soft', overageCap: 2 });
      assertStatus(await counter.consume(8), 'refused');
      assertStatus(await counter.consume(6), 'granted');
      assertStatus(await counter.reserve(1), 'granted');
      assertStatus(await counter.consume(), 'refused');
      const { enforcement, limit, wouldDeny } = await counter.state();
      assert.deepEqual({ enforcement, limit, wouldDeny }, { enforcement: 'soft', limit: 5, wouldDeny: 0 });
      await counter.assertHolds(6, 1);
      const exact = await CounterUnderTest.open(fixture, { limit: 5, enforcement: 'soft', overageCap: 0 });
      assertStatus(await exact.consume(6), 'refused');
    },
  },
  {
    name: 'soft without a cap refuses nothing',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, enforcement: 'soft' });
      assertStatus(await counter.consume(1_000), 'granted');
      assertStatus(await counter.consume(), 'granted');
      await counter.assertHolds(1_001);
    },
  },
  {
    name: 'shadow refuses nothing, and counts the units that exceed the limit',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, enforcement: 'shadow' });
      await counter.consume(4);
      assert.equal((await counter.state()).wouldDeny, 0);
      const { id, amount } = await counter.held(3);
      assert.equal((await counter.state()).wouldDeny, 2);
      assertStatus(await counter.consume(2), 'granted');
      assert.equal((await counter.state()).wouldDeny, 4);
      assertReservation(await counter.resolve('commit', id), 'committed', { charged: amount });
      assert.equal((await counter.state()).wouldDeny, 4);
      await counter.assertHolds(9);
      await fixture.store.consumeTogether(counter.at.tenantId, [{ resource: 'units', amount: 3 }]);
      assert.equal((await counter.state()).wouldDeny, 7);
      await counter.holdTo({ limit: null, enforcement: 'shadow' });
      await fixture.store.consumeTogether(counter.at.tenantId, [{ resource: 'units', amount: 3 }]);
      await counter.consume(3);
      assert.equal((await counter.state()).wouldDeny, 7);
    },
  },
  {
    name: 'grace goes over the limit for its days, from the first unit over it, and then refuses',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, enforcement: 'grace', graceDays: 3 });
      await counter.consume(5);
      assert.equal((await counter.state()).graceUntil, undefined);
      const exceeded = after(START, DAY);
      await fixture.moveTo(exceeded);
      assertStatus(await counter.consume(2), 'granted');
      const until = after(exceeded, 3 * DAY);
      await fixture.moveTo(after(until, -1));
      assertStatus(await counter.consume(), 'granted');
      assert.equal((await counter.state()).graceUntil?.getTime(), until.getTime());
      await fixture.moveTo(until);
      assertStatus(await counter.consume(), 'refused');
      assertStatus(await counter.reserve(), 'refused');
      const { status } = await fixture.store.consumeTogether(counter.at.tenantId, [
        { resource: 'units', amount: 1 },
      ]);
      assert.equal(status, 'refused');
      await counter.assertHolds(8);
    },
  },
  {
    name: 'grace begins anew once a call found no more than the limit taken',
    async run(fixture) {
      const grace = { enforcement: 'grace', graceDays: 3 } as const;
      const counter = await CounterUnderTest.open(fixture, { limit: 5, ...grace });
      await counter.consume(6);
      await fixture.moveTo(after(START, 4 * DAY));
      assertStatus(await counter.consume(), 'refused');
      await counter.holdTo({ limit: 8, ...grace });
      assert.equal((await counter.state()).graceUntil, undefined);
      assertStatus(await counter.consume(3), 'granted');
      const until = after(START, 7 * DAY).getTime();
      assert.equal((await counter.state()).graceUntil?.getTime(), until);
      await fixture.moveTo(after(START, 6 * DAY));
      assertStatus(await counter.consume(), 'granted');
      assert.equal((await counter.state()).graceUntil?.getTime(), until);
    },
  },
  {
    name: 'a limit that was lowered below what is taken refuses more, and lets what is held be resolved',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 9 });
      const { id } = await counter.held(8);
      await counter.holdTo({ limit: 2 });
      assertStatus(await counter.consume(), 'refused');
      assertReservation(await counter.resolve('commit', id, 5), 'committed', { charged: 5 });
      assertStatus(await counter.consume(), 'refused');
      await counter.assertHolds(5);
    },
  },
];
