import assert from 'node:assert/strict';
import type { Tenant } from '../../registry/tenant.js';
import type { TenantPlanState } from '../../registry/plan-in-effect.js';
import {
  assertSame,
  EVERY_STATUS,
  scheduledFor,
  START,
  tenantMaker,
  type TenantStoreCase,
} from './contract-case.js';

const due = new Date(START);
const scheduled = scheduledFor(due);
const planOf = ({ plan, planVersion, scheduledPlan }: Tenant): TenantPlanState => ({
  plan,
  planVersion,
  scheduledPlan,
});

export const PLAN_CASES: readonly TenantStoreCase[] = [
  {
    name: 'update schedules a plan, changes the one that is scheduled, and takes it back',
    async run(store) {
      const before = await store.insert(tenantMaker()());
      const kept = { ...before };
      const later = scheduledFor(new Date(START + 1));
      for (const scheduledPlan of [scheduled, later, null]) {
        const after = await store.update(kept.id, { scheduledPlan }, EVERY_STATUS);
        assert.ok(after);
        const expected = { ...kept, scheduledPlan, updatedAt: after.updatedAt };
        assertSame(after, expected);
        assertSame(await store.findById(kept.id), expected);
      }
    },
  },
  {
    name: 'update that says nothing of a scheduled plan leaves it',
    async run(store) {
      const { id } = await store.insert(tenantMaker()({ scheduledPlan: scheduled }));
      await store.update(id, { name: 'Renamed' }, EVERY_STATUS);
      assert.deepEqual((await store.findById(id))?.scheduledPlan, scheduled);
    },
  },
  {
    name: 'update touches a tenant only on the plan named: that of the tenant in every part',
    async run(store) {
      const given = await store.insert(tenantMaker()({ scheduledPlan: scheduled }));
      const kept = { ...given };
      const plan = planOf(kept);
      for (const other of [
        { ...plan, plan: 'starter' },
        { ...plan, planVersion: 2 },
        { ...plan, scheduledPlan: null },
        { ...plan, scheduledPlan: { ...scheduled, plan: 'starter' } },
        { ...plan, scheduledPlan: { ...scheduled, planVersion: 2 } },
        { ...plan, scheduledPlan: scheduledFor(new Date(START + 1)) },
      ]) {
        assert.equal(await store.update(kept.id, { name: 'Renamed' }, EVERY_STATUS, other), undefined);
      }
      assertSame(await store.findById(kept.id), kept);
      assert.equal(await store.update(kept.id, { name: 'x' }, ['suspended'], plan), undefined);
      const updated = await store.update(kept.id, { name: 'Renamed' }, EVERY_STATUS, plan);
      assert.equal(updated?.name, 'Renamed');
    },
  },
  {
    name: 'update lets one of many leave a plan at once',
    async run(store) {
      const tenant = await store.insert(tenantMaker()({ scheduledPlan: scheduled }));
      const plan = planOf(tenant);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          store.update(tenant.id, { scheduledPlan: null, name: `by ${at}` }, EVERY_STATUS, plan),
        ),
      );
      const winners = outcomes.filter((outcome) => outcome !== undefined);
      assert.equal(winners.length, 1);
      assert.equal((await store.findById(tenant.id))?.name, winners[0]?.name);
    },
  },
  {
    name: 'list finds those whose scheduled plan is due at a moment, that moment included',
    async run(store) {
      const tenant = tenantMaker();
      const insert = async (given: Partial<Tenant>): Promise<string> =>
        (await store.insert(tenant(given))).id;
      await insert({});
      const first = await insert({ scheduledPlan: scheduled });
      await insert({ scheduledPlan: scheduledFor(new Date(START + 1)) });
      const suspended = await insert({ scheduledPlan: scheduled, status: 'suspended' });
      const dueBy = async (at: Date, statuses = EVERY_STATUS): Promise<string[]> =>
        (await store.list({ limit: 10, planDueBy: at, statuses })).map(({ id }) => id);
      assert.deepEqual(await dueBy(new Date(START - 1)), []);
      assert.deepEqual(await dueBy(due), [suspended, first]);
      assert.deepEqual(await dueBy(due, ['active']), [first]);
      assert.equal((await dueBy(new Date(START + 1))).length, 3);
    },
  },
];
