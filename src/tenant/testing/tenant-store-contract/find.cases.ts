import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Tenant } from '../../registry/tenant.js';
import type { TenantStore } from '../../registry/tenant.store.js';
import {
  assertSame,
  EVERY_STATUS,
  scheduledFor,
  START,
  tenantMaker,
  type TenantStoreCase,
} from './contract-case.js';

/** What code that does not know better could do to an answer. */
function deface(answer: Tenant): void {
  const writable = answer as { name: string; metadata: { seats?: number; list?: string[] } };
  // A store may as well freeze what it answers with.
  for (const change of [
    () => (writable.name = 'defaced'),
    () => (writable.metadata.seats = 99),
    () => writable.metadata.list?.push('defaced'),
    () => answer.createdAt.setTime(0),
    () => answer.scheduledPlan?.effectiveAt.setTime(0),
  ]) {
    try {
      change();
    } catch (error) {
      assert.ok(error instanceof TypeError);
    }
  }
}

export const FIND_CASES: readonly TenantStoreCase[] = [
  {
    name: 'findById and findBySlug answer undefined for what nobody has',
    async run(store) {
      await store.insert(tenantMaker()());
      assert.equal(await store.findById(randomUUID()), undefined);
      assert.equal(await store.findBySlug('nobody'), undefined);
      assert.equal(await store.findBySlug('constructor'), undefined);
    },
  },
  {
    name: 'findById answers undefined for what cannot be an id, and for an id in another spelling',
    async run(store) {
      const { id } = await store.insert(tenantMaker()({ id: 'abcdefab-0000-4000-8000-000000000000' }));
      assert.equal(await store.findById('nonsense'), undefined);
      assert.equal(await store.findById(id.toUpperCase()), undefined);
      assert.equal((await store.findById(id))?.id, id);
    },
  },
  {
    name: 'findBySlug takes a slug exactly as it is',
    async run(store) {
      const { id } = await store.insert(tenantMaker()({ slug: 'acme' }));
      for (const other of ['ACME', ' acme', 'acm', 'acme%', 'acm_'])
        assert.equal(await store.findBySlug(other), undefined, other);
      assert.equal((await store.findBySlug('acme'))?.id, id);
    },
  },
  {
    name: 'findById and findBySlug find a deleted tenant: who may see it is for others to say',
    async run(store) {
      const { id, slug } = await store.insert(tenantMaker()({ status: 'deleted' }));
      assert.equal((await store.findById(id))?.status, 'deleted');
      assert.equal((await store.findBySlug(slug))?.status, 'deleted');
    },
  },
  {
    name: 'answers are the caller’s own: changing one changes no tenant',
    async run(store) {
      const own = () => ({
        metadata: { seats: 3, list: ['a'] },
        scheduledPlan: scheduledFor(new Date(START)),
      });
      const given = tenantMaker()(own());
      const kept: Tenant = {
        ...given,
        ...own(),
        createdAt: new Date(given.createdAt),
        updatedAt: new Date(given.createdAt),
        periodAnchor: new Date(given.createdAt),
      };
      const inserted = await store.insert(given);
      deface(inserted);
      deface(given);
      assertSame(await store.findById(kept.id), kept);
      await assertDefacingDoesNothing(store, kept);
    },
  },
];

async function assertDefacingDoesNothing(store: TenantStore, kept: Tenant): Promise<void> {
  const answers = [
    await store.findById(kept.id),
    await store.findBySlug(kept.slug),
    ...(await store.list({ limit: 1 })),
  ];
  for (const answer of answers) {
    assert.ok(answer);
    deface(answer);
    assertSame(await store.findById(kept.id), kept);
  }
  const updated = await store.update(kept.id, { name: 'Renamed' }, EVERY_STATUS);
  assert.ok(updated);
  const { updatedAt } = updated;
  const expected = { ...kept, name: 'Renamed', updatedAt: new Date(updatedAt) };
  deface(updated);
  assertSame(await store.findById(kept.id), expected);
}
