import assert from 'node:assert/strict';
import type { QuotaItem } from '../../quotas/quota.store.js';
import { type QuotaStoreCase } from './contract-case.js';
import { assertStatus, CounterUnderTest } from './counter-under-test.js';
import type { QuotaStoreFixture } from './quota-store-fixture.js';

interface Pair {
  readonly tenantId: string;
  readonly units: CounterUnderTest;
  readonly other: CounterUnderTest;
}

const pairOf = async (fixture: QuotaStoreFixture, units: number, other: number): Promise<Pair> => {
  const first = await CounterUnderTest.open(fixture, { limit: units });
  return {
    tenantId: first.at.tenantId,
    units: first,
    other: await first.other('other', { limit: other }),
  };
};

const items = (units: number, other: number): QuotaItem[] => [
  { resource: 'units', amount: units },
  { resource: 'other', amount: other },
];

export const TOGETHER_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'consumeTogether takes all items, or none and names those that do not fit',
    async run(fixture) {
      const { tenantId, units, other } = await pairOf(fixture, 10, 3);
      const granted = await fixture.store.consumeTogether(tenantId, items(4, 2));
      assert.deepEqual([granted.status, granted.replayed, granted.refused], ['granted', false, []]);
      assert.deepEqual([granted.states['units']?.used, granted.states['other']?.used], [4, 2]);
      const refused = await fixture.store.consumeTogether(tenantId, items(4, 2));
      assert.deepEqual([refused.status, refused.refused], ['refused', ['other']]);
      assert.deepEqual([refused.states['units']?.used, refused.states['other']?.used], [4, 2]);
      const both = await fixture.store.consumeTogether(tenantId, items(7, 2));
      assert.deepEqual([...both.refused].sort(), ['other', 'units']);
      await units.assertHolds(4);
      await other.assertHolds(2);
      assert.equal((await fixture.store.consumeTogether(tenantId, items(6, 1))).status, 'granted');
    },
  },
  {
    name: 'consumeTogether leaves what others hold',
    async run(fixture) {
      const { tenantId, units, other } = await pairOf(fixture, 5, 5);
      await units.held(4);
      const refused = await fixture.store.consumeTogether(tenantId, items(2, 2));
      assert.deepEqual([refused.status, refused.refused], ['refused', ['units']]);
      assert.equal((await fixture.store.consumeTogether(tenantId, items(1, 2))).status, 'granted');
      await units.assertHolds(1, 4);
      await other.assertHolds(2);
    },
  },
  {
    name: 'consumeTogether with a key counts once, in whatever order its items come',
    async run(fixture) {
      const { tenantId, units, other } = await pairOf(fixture, 3, 3);
      await fixture.store.consumeTogether(tenantId, items(2, 3), 'k');
      for (const again of [items(2, 3), items(2, 3).reverse()]) {
        const { status, replayed, states } = await fixture.store.consumeTogether(tenantId, again, 'k');
        assert.deepEqual([status, replayed], ['granted', true]);
        assert.deepEqual([states['units']?.used, states['other']?.used], [2, 3]);
      }
      await units.assertHolds(2);
      await other.assertHolds(3);
    },
  },
  {
    name: 'a key of consumeTogether stands for nothing else, and a refused one for nothing at all',
    async run(fixture) {
      const { tenantId, units, other } = await pairOf(fixture, 9, 9);
      assert.equal((await fixture.store.consumeTogether(tenantId, items(10, 1), 'k')).status, 'refused');
      assert.equal((await fixture.store.consumeTogether(tenantId, items(1, 1), 'k')).status, 'granted');
      assert.equal((await fixture.store.consumeTogether(tenantId, items(1, 2), 'k')).status, 'key-reused');
      assertStatus(await units.consume(1, 'k'), 'key-reused');
      assertStatus(await other.consume(1, 'k'), 'key-reused');
      await units.consume(1, 'consumed');
      const reused = await fixture.store.consumeTogether(
        tenantId,
        [{ resource: 'units', amount: 1 }],
        'consumed',
      );
      assert.equal(reused.status, 'key-reused');
      await units.assertHolds(2);
      await other.assertHolds(1);
    },
  },
];
