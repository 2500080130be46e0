import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { TenantNotFoundError, TenantSuspendedError } from '../../errors/request.errors.js';
import type { QuotaCall } from '../../quotas/quota.store.js';
import type { QuotaStoreCase } from './contract-case.js';
import { assertReservation, assertStatus, CounterUnderTest } from './counter-under-test.js';

const TAKE: QuotaCall = { op: 'consume', amount: 1 };
const ITEMS = [{ resource: 'units', amount: 1 }];

export const TENANT_CASES: readonly QuotaStoreCase[] = [
  {
    name: 'a suspended tenant takes nothing, and what it holds is still resolved',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 9 });
      const { tenantId } = counter.at;
      const [first, second] = [await counter.held(2), await counter.held(2)];
      await counter.consume(1, 'k');
      await fixture.setStatus(tenantId, 'suspended');
      for (const refused of [
        () => counter.consume(),
        () => counter.consume(1, 'k'),
        () => counter.reserve(),
        () => counter.apply({ op: 'commit', id: first.id }, TAKE),
        () => fixture.store.consumeTogether(tenantId, ITEMS),
      ])
        await assert.rejects(refused, TenantSuspendedError);
      await counter.assertHolds(1, 4);
      assertReservation(await counter.resolve('commit', first.id), 'committed', { charged: 2 });
      assertReservation(await counter.resolve('release', second.id), 'released');
      await counter.assertHolds(3);
      await fixture.setStatus(tenantId, 'active');
      assertStatus(await counter.consume(), 'granted');
    },
  },
  {
    name: 'a tenant nobody knows, or that was deleted, is not found',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 9 });
      const { tenantId } = counter.at;
      await fixture.setStatus(tenantId, 'deleted');
      for (const id of [tenantId, randomUUID()]) {
        const at = { ...counter.at, tenantId: id };
        for (const refused of [
          () => fixture.store.apply(at, [TAKE]),
          () => fixture.store.consumeTogether(id, ITEMS),
          () => fixture.store.read(id, [at]),
          () => fixture.store.reconcile(at),
        ])
          await assert.rejects(refused, TenantNotFoundError);
      }
    },
  },
];
