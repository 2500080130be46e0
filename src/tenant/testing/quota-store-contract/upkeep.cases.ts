import assert from 'node:assert/strict';
import { ANCHOR, type QuotaStoreCase } from './contract-case.js';
import { assertStatus, CounterUnderTest } from './counter-under-test.js';

const FEBRUARY = new Date('2040-02-29T10:00:00.000Z');

export const UPKEEP_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'reconcile finds nothing to do where all is well',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 20 });
      assert.deepEqual((await fixture.store.reconcile(counter.at)).after, { used: 0, reserved: 0 });
      await counter.consume(3);
      await counter.consume(4, 'k');
      await counter.consume(4, 'k');
      await fixture.store.consumeTogether(counter.at.tenantId, [{ resource: 'units', amount: 1 }]);
      const { id } = await counter.held(5);
      await counter.held(2);
      await counter.resolve('commit', id, 3);
      for (const dryRun of [true, false, true]) {
        const drift = await fixture.store.reconcile(counter.at, dryRun);
        const counted = { used: 11, reserved: 2 };
        const { tenantId, resource } = counter.at;
        assert.deepEqual(
          { ...drift, periodStart: drift.periodStart?.getTime() },
          { tenantId, resource, periodStart: FEBRUARY.getTime(), before: counted, after: counted },
        );
      }
      await counter.assertHolds(11, 2);
    },
  },
  {
    name: 'reconcile sets the counter by its ledger and open reservations, and with dryRun only tells',
    async run(fixture) {
      if (!fixture.distort) return;
      const counter = await CounterUnderTest.open(fixture, { limit: 5 });
      await counter.consume(3);
      await counter.held(2);
      const says = { used: 1, reserved: 0 };
      await fixture.distort(counter.at, says);
      const dry = await fixture.store.reconcile(counter.at, true);
      const true_ = { used: 3, reserved: 2 };
      assert.deepEqual([dry.before, dry.after], [says, true_]);
      await counter.assertHolds(1, 0);
      const { before, after } = await fixture.store.reconcile(counter.at);
      assert.deepEqual([before, after], [says, true_]);
      await counter.assertHolds(3, 2);
      assertStatus(await counter.consume(), 'refused');
    },
  },
  {
    name: 'reconcile of concurrency has no period',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 5 }, 'concurrency', ANCHOR);
      await counter.held(2);
      const { periodStart, after } = await fixture.store.reconcile(counter.at, true);
      assert.deepEqual({ periodStart, after }, { periodStart: null, after: { used: 0, reserved: 2 } });
    },
  },
];
