import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, type QuotaStoreCase, START } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

const OPS = ['begin', 'commit', 'release'] as const;

export const RESERVE_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'reserve holds units that nobody else gets, up to the limit',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      const { expiresAt, ...held } = await counter.held(3, { ttlSeconds: 60 });
      assert.deepEqual(held, { id: held.id, state: 'reserved', amount: 3, charged: 0 });
      assert.equal(expiresAt.getTime(), after(START, 60_000).getTime());
      assertStatus(await counter.consume(3), 'refused');
      assertStatus(await counter.reserve(3), 'refused');
      assertStatus(await counter.consume(2), 'granted');
      await counter.assertHolds(2, 3);
      assert.equal((await counter.reserve()).status, 'refused');
    },
  },
  {
    name: 'commit charges all that is held, or the part that was used, or nothing',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 10 });
      const [all, part, nothing] = [await counter.held(3), await counter.held(3), await counter.held(3)];
      assertReservation(await counter.resolve('commit', all.id), 'committed', { charged: 3 });
      assertReservation(await counter.resolve('commit', part.id, 1), 'committed', { charged: 1 });
      assertReservation(await counter.resolve('commit', nothing.id, 0), 'committed');
      await counter.assertHolds(4);
    },
  },
  {
    name: 'release gives back all that is held',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3, refundCap: 0 });
      const { id } = await counter.held(3);
      assertReservation(await counter.resolve('release', id), 'released');
      await counter.assertHolds(0);
      assertStatus(await counter.consume(3), 'granted');
    },
  },
  {
    name: 'begin says that work is under way, and holds on',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      const { id } = await counter.held(2);
      assertReservation(await counter.resolve('begin', id), 'in_flight');
      await counter.assertHolds(0, 2);
      assertReservation(await counter.resolve('commit', id), 'committed', { charged: 2 });
      const begun = await counter.held(1, { inFlight: true });
      assert.equal(begun.state, 'in_flight');
    },
  },
  {
    name: 'work that failed gives back up to the cap of the period, and is charged beyond it',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 100, refundCap: 5 });
      const begun = [await counter.held(3), await counter.held(3)] as const;
      for (const { id } of begun) await counter.resolve('begin', id);
      const [two, one] = [
        await counter.held(2, { inFlight: true }),
        await counter.held(1, { inFlight: true }),
      ];
      assertReservation(await counter.resolve('release', begun[0].id), 'released');
      assertReservation(await counter.resolve('release', begun[1].id), 'committed', { charged: 3 });
      assertReservation(await counter.resolve('release', two.id), 'released');
      assertReservation(await counter.resolve('release', one.id), 'committed', { charged: 1 });
      await counter.assertHolds(4);
      const unbegun = await counter.held(50);
      assertReservation(await counter.resolve('release', unbegun.id), 'released');
    },
  },
  {
    name: 'the cap is a tenth of the limit, rounded up, unless told otherwise; without a limit there is none',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 11 });
      const [first, second] = [
        await counter.held(2, { inFlight: true }),
        await counter.held(1, { inFlight: true }),
      ];
      assertReservation(await counter.resolve('release', first.id), 'released');
      assertReservation(await counter.resolve('release', second.id), 'committed', { charged: 1 });
      const unlimited = await CounterUnderTest.open(fixture, { limit: null });
      const { id } = await unlimited.held(1_000_000, { inFlight: true });
      assertReservation(await unlimited.resolve('release', id), 'released');
    },
  },
  {
    name: 'what is resolved stays as it is, and every later call is told so',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 100 });
      const [committed, released, expired] = [
        await counter.held(3),
        await counter.held(3),
        await counter.held(3, { ttlSeconds: 1 }),
      ];
      await counter.resolve('commit', committed.id, 2);
      await counter.resolve('release', released.id);
      await fixture.moveTo(after(START, 1_000));
      for (const op of OPS) {
        const again = { replayed: true };
        assertReservation(await counter.resolve(op, committed.id), 'committed', { charged: 2, ...again });
        assertReservation(await counter.resolve(op, released.id), 'released', again);
        assertReservation(await counter.resolve(op, expired.id), 'expired', again);
      }
      await counter.assertHolds(2);
    },
  },
  {
    name: 'a reservation is unknown to everybody but the tenant and the resource it was made of',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      const stranger = await CounterUnderTest.open(fixture, { limit: 5 });
      const other = await counter.other('other', { limit: 5 });
      const { id } = await counter.held(2);
      for (const op of OPS) {
        assertStatus(await stranger.resolve(op, id), 'unknown');
        assertStatus(await other.resolve(op, id), 'unknown');
        assertStatus(await counter.resolve(op, randomUUID()), 'unknown');
      }
      await counter.assertHolds(0, 2);
      assertReservation(await counter.resolve('begin', id), 'in_flight');
    },
  },
  {
    name: 'what a call resolves makes room for the others of the same apply',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 });
      const [first, second] = [await counter.held(2), await counter.held(1)];
      const { state, outcomes } = await counter.apply(
        { op: 'consume', amount: 2 },
        { op: 'release', id: first.id },
        { op: 'commit', id: second.id },
        { op: 'consume', amount: 1 },
      );
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['granted', 'granted', 'granted', 'refused'],
      );
      assert.deepEqual({ used: state.used, reserved: state.reserved }, { used: 3, reserved: 0 });
    },
  },
];
