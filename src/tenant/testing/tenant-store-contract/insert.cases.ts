import assert from 'node:assert/strict';
import type { TenantStoreCase } from './contract-case.js';
import { assertConflict, assertOneWins, assertSame, scheduledFor, tenantMaker } from './contract-case.js';

export const INSERT_CASES: readonly TenantStoreCase[] = [
  {
    name: 'insert keeps every field, to the millisecond',
    async run(store) {
      const given = tenantMaker()({
        name: 'Café Müller & Söhne',
        status: 'deleted',
        statusReason: 'unpaid',
        metadata: { contact: { email: 'ops@acme.test' }, tags: ['a', null], seats: 3 },
        limits: { maxAgents: 7, maxExecutions: null, sso: true },
        scheduledPlan: scheduledFor(new Date('2024-03-31T23:59:59.999Z')),
        priceCents: 12_345,
        periodAnchor: new Date('2024-01-31T23:59:59.123Z'),
        createdAt: new Date('2024-02-29T12:00:00.001Z'),
        deletedAt: new Date('2024-03-01T00:00:00.999Z'),
      });
      assertSame(await store.insert({ ...given }), given);
      assertSame(await store.findById(given.id), given);
      assertSame(await store.findBySlug(given.slug), given);
    },
  },
  {
    name: 'insert refuses a slug that is taken, and takes another',
    async run(store) {
      const tenant = tenantMaker();
      const first = await store.insert(tenant({ slug: 'acme' }));
      await assertConflict(store.insert(tenant({ slug: 'acme' })));
      assert.equal((await store.findBySlug('acme'))?.id, first.id);
      await store.insert(tenant({ slug: 'acme-2' }));
      assert.equal((await store.list({ limit: 10 })).length, 2);
    },
  },
  {
    name: 'insert never gives the slug of a deleted tenant again',
    async run(store) {
      const tenant = tenantMaker();
      const { id } = await store.insert(tenant({ slug: 'gone' }));
      await store.update(id, { status: 'deleted', deletedAt: new Date() }, ['active']);
      await assertConflict(store.insert(tenant({ slug: 'gone' })));
      assert.equal((await store.findBySlug('gone'))?.id, id);
    },
  },
  {
    name: 'insert refuses an id that is taken, and leaves the tenant that has it alone',
    async run(store) {
      const tenant = tenantMaker();
      const first = await store.insert(tenant());
      const kept = { ...first };
      await assertConflict(store.insert(tenant({ id: first.id })));
      assertSame(await store.findById(first.id), kept);
      assert.equal((await store.list({ limit: 10 })).length, 1);
    },
  },
  {
    name: 'insert gives a slug to one of many who want it at once',
    async run(store) {
      const tenant = tenantMaker();
      const wanting = Array.from({ length: 20 }, () => tenant({ slug: 'acme' }));
      await assertOneWins(wanting.map((each) => store.insert(each)));
      assert.equal((await store.list({ limit: 100 })).length, 1);
    },
  },
];
