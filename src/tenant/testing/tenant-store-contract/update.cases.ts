import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TenantStatus } from '../../registry/tenant.js';
import type { TenantChanges } from '../../registry/tenant.store.js';
import { assertSame, EVERY_STATUS, tenantMaker, type TenantStoreCase } from './contract-case.js';

const onlyIn = (status: TenantStatus): TenantStoreCase => ({
  name: `update touches a tenant only in the statuses named: ${status}`,
  async run(store) {
    const given = await store.insert(tenantMaker()({ status }));
    const kept = { ...given };
    const others = EVERY_STATUS.filter((other) => other !== status);
    assert.equal(await store.update(given.id, { name: 'Renamed' }, others), undefined);
    assert.equal(await store.update(given.id, { name: 'Renamed' }, []), undefined);
    assertSame(await store.findById(given.id), kept);
    assert.equal((await store.update(given.id, { name: 'Renamed' }, [status]))?.name, 'Renamed');
  },
});

export const UPDATE_CASES: readonly TenantStoreCase[] = [
  {
    name: 'update changes what it is given and leaves the rest, but for the time of the change',
    async run(store) {
      const before = await store.insert(tenantMaker()({ metadata: { seats: 3 }, limits: { maxAgents: 7 } }));
      const kept = { ...before };
      const changes: TenantChanges = { name: 'Renamed', status: 'suspended', statusReason: 'unpaid' };
      const after = await store.update(kept.id, changes, ['active']);
      assert.ok(after);
      assert.ok(after.updatedAt > kept.updatedAt, 'updatedAt must move on');
      const expected = { ...kept, ...changes, metadata: kept.metadata, updatedAt: after.updatedAt };
      assertSame(after, expected);
      assertSame(await store.findById(kept.id), expected);
    },
  },
  ...EVERY_STATUS.map(onlyIn),
  {
    name: 'update keeps when and why a tenant was deleted',
    async run(store) {
      const { id } = await store.insert(tenantMaker()());
      const deletedAt = new Date('2024-06-30T23:59:59.999Z');
      const changes = { status: 'deleted', statusReason: 'contract ended', deletedAt } as const;
      const deleted = await store.update(id, changes, ['active']);
      for (const answer of [deleted, await store.findById(id)]) {
        assert.ok(answer);
        const { status, statusReason, deletedAt: kept } = answer;
        assert.deepEqual({ status, statusReason, deletedAt: kept }, changes);
      }
    },
  },
  {
    name: 'update answers undefined for a tenant nobody knows',
    async run(store) {
      assert.equal(await store.update(randomUUID(), { name: 'x' }, EVERY_STATUS), undefined);
      assert.equal(await store.update('nonsense', { name: 'x' }, EVERY_STATUS), undefined);
    },
  },
  {
    name: 'update touches no other tenant',
    async run(store) {
      const tenant = tenantMaker();
      const one = await store.insert(tenant());
      const other = { ...(await store.insert(tenant())) };
      await store.update(one.id, { name: 'Renamed' }, EVERY_STATUS);
      assertSame(await store.findById(other.id), other);
    },
  },
  {
    name: 'update merges metadata: null removes a key, undefined leaves it, a value replaces it whole',
    async run(store) {
      const { id } = await store.insert(tenantMaker()({ metadata: { a: 1, b: 2, c: 3, d: { x: 1, y: 2 } } }));
      const metadata = { a: null, b: undefined, d: { x: null }, e: [1] };
      const expected = { b: 2, c: 3, d: { x: null }, e: [1] };
      assert.deepEqual((await store.update(id, { metadata }, EVERY_STATUS))?.metadata, expected);
      assert.deepEqual((await store.findById(id))?.metadata, expected);
    },
  },
  {
    name: 'update loses no key when several merge at once',
    async run(store) {
      const { id } = await store.insert(tenantMaker()());
      const keys = Array.from({ length: 10 }, (_, at) => `key-${at}`);
      await Promise.all(keys.map((key) => store.update(id, { metadata: { [key]: true } }, EVERY_STATUS)));
      assert.deepEqual(Object.keys((await store.findById(id))?.metadata ?? {}).sort(), keys);
    },
  },
  {
    name: 'update replaces overrides of limits, and does not merge them',
    async run(store) {
      const { id } = await store.insert(tenantMaker()({ limits: { maxAgents: 7, sso: true } }));
      await store.update(id, { limits: { maxExecutions: null } }, EVERY_STATUS);
      assert.deepEqual((await store.findById(id))?.limits, { maxExecutions: null });
    },
  },
  {
    name: 'update lets one of many leave a status at once',
    async run(store) {
      const { id } = await store.insert(tenantMaker()());
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          store.update(id, { status: 'suspended', statusReason: `reason ${at}` }, ['active']),
        ),
      );
      const winners = outcomes.filter((outcome) => outcome !== undefined);
      assert.equal(winners.length, 1);
      assert.equal((await store.findById(id))?.statusReason, winners[0]?.statusReason);
    },
  },
];
