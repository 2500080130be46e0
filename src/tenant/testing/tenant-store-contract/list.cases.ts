import assert from 'node:assert/strict';
import type { Tenant } from '../../registry/tenant.js';
import type { TenantPage, TenantStore } from '../../registry/tenant.store.js';
import { assertSame, EVERY_STATUS, START, tenantMaker, type TenantStoreCase } from './contract-case.js';

/** Far beyond the number of pages any of these lists has. */
const MOST_PAGES = 50;

class Filled {
  readonly tenant = tenantMaker();

  constructor(readonly store: TenantStore) {}

  async insert(count: number, given: Partial<Tenant> = {}): Promise<Tenant[]> {
    const inserted: Tenant[] = [];
    for (let at = 0; at < count; at += 1) inserted.push({ ...(await this.store.insert(this.tenant(given))) });
    return inserted;
  }

  async idsOnAllPages(page: TenantPage, between = async (): Promise<void> => {}): Promise<string[]> {
    const seen: Tenant[] = [];
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const after = seen.at(-1);
      const found = await this.store.list({ ...page, ...(after && { after }) });
      assert.ok(found.length <= page.limit, `${found.length} tenants on a page of ${page.limit}`);
      if (found.length === 0) return idsOf(seen);
      seen.push(...found);
      await between();
    }
    return assert.fail('the pages have no end');
  }
}

const idsOf = (tenants: readonly Tenant[]): string[] => tenants.map(({ id }) => id);

const inPagesOf = (limit: number): TenantStoreCase => ({
  name: `list in pages of ${limit} gives each once, also those created in the same instant`,
  async run(store) {
    const filled = new Filled(store);
    const together = await filled.insert(6, { createdAt: new Date(START) });
    const later = await filled.insert(3);
    assert.deepEqual(await filled.idsOnAllPages({ limit }), [
      ...idsOf(later).reverse(),
      ...idsOf(together).sort().reverse(),
    ]);
  },
});

export const LIST_CASES: readonly TenantStoreCase[] = [
  {
    name: 'list is newest first, at most as many as asked for',
    async run(store) {
      const newestFirst = (await new Filled(store).insert(5)).reverse();
      assert.deepEqual(idsOf(await store.list({ limit: 3 })), idsOf(newestFirst).slice(0, 3));
      const all = await store.list({ limit: 10 });
      assert.equal(all.length, 5);
      newestFirst.forEach((expected, at) => assertSame(all[at], expected));
    },
  },
  ...[1, 2, 7].map(inPagesOf),
  {
    name: 'list keeps its place when tenants are created and changed meanwhile',
    async run(store) {
      const filled = new Filled(store);
      const inserted = await filled.insert(6);
      const [oldest] = idsOf(inserted) as [string];
      const seen = await filled.idsOnAllPages({ limit: 2 }, async () => {
        await filled.insert(1);
        await store.update(oldest, { name: 'Renamed' }, EVERY_STATUS);
      });
      assert.deepEqual(seen, idsOf(inserted).reverse());
    },
  },
  {
    name: 'list holds all statuses, or those asked for, in one order',
    async run(store) {
      const filled = new Filled(store);
      const active = await filled.insert(2);
      const suspended = await filled.insert(3, { status: 'suspended' });
      const deleted = await filled.insert(1, { status: 'deleted' });
      const newestFirst = idsOf([...active, ...suspended, ...deleted]).reverse();
      assert.deepEqual(await filled.idsOnAllPages({ limit: 2 }), newestFirst);
      assert.deepEqual(
        await filled.idsOnAllPages({ limit: 2, statuses: ['suspended'] }),
        idsOf(suspended).reverse(),
      );
      assert.deepEqual(
        await filled.idsOnAllPages({ limit: 2, statuses: ['trial', 'active', 'suspended'] }),
        newestFirst.slice(1),
      );
      assert.deepEqual(await store.list({ limit: 10, statuses: ['trial'] }), []);
      assert.deepEqual(await store.list({ limit: 10, statuses: [] }), []);
    },
  },
];
