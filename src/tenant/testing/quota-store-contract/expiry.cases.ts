import assert from 'node:assert/strict';
import { after, MINUTE, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

export const EXPIRY_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'a reservation holds until its time is over, and the next call gets what it gave back',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      const { id } = await counter.held(3, { ttlSeconds: 60 });
      await fixture.moveTo(after(START, MINUTE - 1));
      assertStatus(await counter.consume(), 'refused');
      await fixture.moveTo(after(START, MINUTE));
      assertStatus(await counter.consume(3), 'granted');
      assertReservation(await counter.resolve('commit', id), 'expired', { replayed: true });
      await counter.assertHolds(3);
    },
  },
  {
    name: 'work that is under way when its time is over is charged in full',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5, refundCap: 5 });
      const { id } = await counter.held(3, { ttlSeconds: 60, inFlight: true });
      await fixture.moveTo(after(START, MINUTE));
      assertStatus(await counter.consume(3), 'refused');
      assertReservation(await counter.resolve('release', id), 'expired', { charged: 3, replayed: true });
      await counter.assertHolds(3);
    },
  },
  {
    name: 'a call on a reservation whose time is over comes too late, also when nobody resolved it yet',
    async run(fixture) {
      for (const [inFlight, charged] of [
        [false, 0],
        [true, 3],
      ] as const) {
        const counter = await CounterUnderTest.open(fixture, { limit: 5 });
        const { id } = await counter.held(3, { ttlSeconds: 60, inFlight });
        await fixture.moveTo(after(START, MINUTE));
        assertReservation(await counter.resolve('commit', id, 1), 'expired', { charged, replayed: true });
        await counter.assertHolds(charged);
      }
    },
  },
  {
    name: 'read counts reservations whose time is over as what becomes of them',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 9 });
      await counter.held(4, { ttlSeconds: 60 });
      await counter.held(3, { ttlSeconds: 60, inFlight: true });
      await counter.held(2, { ttlSeconds: 61 });
      await fixture.moveTo(after(START, MINUTE));
      const { used, reserved } = await counter.state();
      assert.deepEqual({ used, reserved }, { used: 3, reserved: 2 });
      await counter.assertHolds(3, 2);
    },
  },
  {
    name: 'expire resolves those whose time is over, of every tenant, also a suspended one',
    async run(fixture) {
      const one = await CounterUnderTest.open(fixture, { limit: 20 });
      const other = await CounterUnderTest.open(fixture, { limit: 20 });
      const ids = {
        third: (await one.held(1, { ttlSeconds: 30 })).id,
        first: (await other.held(2, { ttlSeconds: 10, inFlight: true })).id,
        second: (await one.held(4, { ttlSeconds: 20 })).id,
        later: (await other.held(8, { ttlSeconds: 90 })).id,
      };
      assert.equal(await fixture.store.expire(10), 0);
      await fixture.moveTo(after(START, 30_000));
      await fixture.setStatus(one.at.tenantId, 'suspended');
      let expired = 0;
      for (let more = 1; more > 0; expired += more) more = await fixture.store.expire(1);
      assert.equal(expired, 3);
      const again = { replayed: true };
      assertReservation(await other.resolve('begin', ids.first), 'expired', { charged: 2, ...again });
      assertReservation(await one.resolve('begin', ids.second), 'expired', again);
      assertReservation(await one.resolve('begin', ids.third), 'expired', again);
      assertReservation(await other.resolve('begin', ids.later), 'in_flight');
      await one.assertHolds(0);
      await other.assertHolds(2, 8);
    },
  },
  {
    name: 'consumeTogether gets what a reservation whose time is over gave back',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      await counter.held(3, { ttlSeconds: 60 });
      await fixture.moveTo(after(START, MINUTE));
      const items = [{ resource: 'units', amount: 3 }];
      const { status } = await fixture.store.consumeTogether(counter.at.tenantId, items);
      assert.equal(status, 'granted');
      await counter.assertHolds(3);
    },
  },
];
