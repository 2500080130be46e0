import { setImmediate as nextTick } from 'node:timers/promises';
import { InMemoryTenantStore } from '../../registry/in-memory-tenant.store.js';
import type { TenantPlanState } from '../../registry/plan-in-effect.js';
import type { Tenant, TenantMetadata, TenantStatus } from '../../registry/tenant.js';
import type { TenantChanges, TenantPage } from '../../registry/tenant.store.js';
import { EVERY_STATUS } from './contract-case.js';
import { tenantStoreContract } from './tenant-store.contract.js';

type Found = Promise<Tenant | undefined>;
type Update = [
  id: string,
  changes: TenantChanges,
  whenStatus: readonly TenantStatus[],
  whenPlan?: TenantPlanState,
];

const without = (metadata: TenantMetadata = {}): TenantMetadata =>
  Object.fromEntries(Object.keys(metadata).map((key) => [key, null]));

/** Takes what the other refuses, as a table without the unique key would. */
function taking(
  refused: (given: Tenant, store: InMemoryTenantStore) => Promise<boolean>,
): InMemoryTenantStore {
  return new (class extends InMemoryTenantStore {
    override async insert(given: Tenant): Promise<Tenant> {
      return (await refused(given, this)) ? given : super.insert(given);
    }
  })();
}

/** Each breaks one promise, in a way that has been seen. */
const BROKEN: Record<string, { of: () => InMemoryTenantStore; breaks: string }> = {
  'takes a slug twice': {
    of: () =>
      taking(async ({ slug }, store) => {
        const other = await store.findBySlug(slug);
        return other !== undefined && other.status !== 'deleted';
      }),
    breaks: 'insert refuses a slug that is taken, and takes another',
  },
  'gives the slug of a deleted tenant again': {
    of: () => taking(async ({ slug }, store) => (await store.findBySlug(slug))?.status === 'deleted'),
    breaks: 'insert never gives the slug of a deleted tenant again',
  },
  'takes an id twice': {
    of: () => taking(async ({ id }, store) => (await store.findById(id)) !== undefined),
    breaks: 'insert refuses an id that is taken, and leaves the tenant that has it alone',
  },
  'refuses with an error of its own': {
    of: () =>
      new (class extends InMemoryTenantStore {
        override insert(given: Tenant): Promise<Tenant> {
          return super.insert(given).catch(() => Promise.reject(new Error('duplicate key')));
        }
      })(),
    breaks: 'insert gives a slug to one of many who want it at once',
  },
  'takes ids in any spelling': {
    of: () =>
      new (class extends InMemoryTenantStore {
        override findById(id: string): Found {
          return super.findById(id.toLowerCase());
        }
      })(),
    breaks: 'findById answers undefined for what cannot be an id, and for an id in another spelling',
  },
  'takes slugs in any case': {
    of: () =>
      new (class extends InMemoryTenantStore {
        override findBySlug(slug: string): Found {
          return super.findBySlug(slug.toLowerCase());
        }
      })(),
    breaks: 'findBySlug takes a slug exactly as it is',
  },
  'hides deleted tenants': {
    of: () =>
      new (class extends InMemoryTenantStore {
        override async findById(id: string): Found {
          const found = await super.findById(id);
          return found?.status === 'deleted' ? undefined : found;
        }
      })(),
    breaks: 'findById and findBySlug find a deleted tenant: who may see it is for others to say',
  },
  'hands out what it keeps': {
    of: () =>
      new (class extends InMemoryTenantStore {
        readonly #kept = new Map<string, Tenant>();
        override async findById(id: string): Found {
          const found = this.#kept.get(id) ?? (await super.findById(id));
          if (found) this.#kept.set(id, found);
          return found;
        }
      })(),
    breaks: 'answers are the caller’s own: changing one changes no tenant',
  },
  'ignores the statuses an update is for': {
    of: () =>
      updating((store, [id, changes]) =>
        InMemoryTenantStore.prototype.update.call(store, id, changes, EVERY_STATUS),
      ),
    breaks: 'update lets one of many leave a status at once',
  },
  'replaces metadata': {
    of: () =>
      updating(async (store, [id, changes, when]) => {
        const stored = await store.findById(id);
        const metadata = { ...without(stored?.metadata), ...changes.metadata };
        return InMemoryTenantStore.prototype.update.call(store, id, { ...changes, metadata }, when);
      }),
    breaks: 'update merges metadata: null removes a key, undefined leaves it, a value replaces it whole',
  },
  'reads, waits and writes back': {
    of: () =>
      updating(async (store, [id, changes, when]) => {
        const stale = (await store.findById(id))?.metadata;
        await nextTick();
        const now = (await store.findById(id))?.metadata;
        const metadata = { ...without(now), ...stale, ...changes.metadata };
        return InMemoryTenantStore.prototype.update.call(store, id, { ...changes, metadata }, when);
      }),
    breaks: 'update loses no key when several merge at once',
  },
  'leaves the time of the change as it was': {
    of: () =>
      updating(async (store, [id, changes, when]) => {
        const before = await store.findById(id);
        const updated = await InMemoryTenantStore.prototype.update.call(store, id, changes, when);
        return updated && before && { ...updated, updatedAt: before.updatedAt };
      }),
    breaks: 'update changes what it is given and leaves the rest, but for the time of the change',
  },
  'merges limits': {
    of: () =>
      updating(async (store, [id, changes, when]) => {
        const limits = { ...(await store.findById(id))?.limits, ...changes.limits };
        return InMemoryTenantStore.prototype.update.call(store, id, { ...changes, limits }, when);
      }),
    breaks: 'update replaces overrides of limits, and does not merge them',
  },
  'forgets when a tenant was deleted': {
    of: () =>
      updating((store, [id, changes, when]) =>
        InMemoryTenantStore.prototype.update.call(store, id, { ...changes, deletedAt: null }, when),
      ),
    breaks: 'update keeps when and why a tenant was deleted',
  },
  'ignores the plan an update is for': {
    of: () =>
      updating((store, [id, changes, when]) =>
        InMemoryTenantStore.prototype.update.call(store, id, changes, when),
      ),
    breaks: 'update lets one of many leave a plan at once',
  },
  'compares the plan but not what is scheduled': {
    of: () =>
      updating(async (store, [id, changes, when, plan]) => {
        const stored = await store.findById(id);
        const compared = plan && stored && { ...plan, scheduledPlan: stored.scheduledPlan };
        return InMemoryTenantStore.prototype.update.call(store, id, changes, when, compared);
      }),
    breaks: 'update touches a tenant only on the plan named: that of the tenant in every part',
  },
  'forgets what is scheduled with the next update': {
    of: () =>
      updating((store, [id, changes, when, plan]) =>
        InMemoryTenantStore.prototype.update.call(store, id, { scheduledPlan: null, ...changes }, when, plan),
      ),
    breaks: 'update that says nothing of a scheduled plan leaves it',
  },
  'lists plans due after the moment only': {
    of: () =>
      listing((page, list) =>
        list({ ...page, ...(page.planDueBy && { planDueBy: new Date(page.planDueBy.getTime() - 1) }) }),
      ),
    breaks: 'list finds those whose scheduled plan is due at a moment, that moment included',
  },
  'lists plans that are not due': {
    of: () => listing((page, list) => list({ ...page, planDueBy: new Date(8_640_000_000_000_000) })),
    breaks: 'list finds those whose scheduled plan is due at a moment, that moment included',
  },
  'lists the oldest first': {
    of: () => listing((page, list) => list(page).then((found) => found.reverse())),
    breaks: 'list is newest first, at most as many as asked for',
  },
  'lists more than asked for': {
    of: () => listing((page, list) => list({ ...page, limit: 1_000 })),
    breaks: 'list is newest first, at most as many as asked for',
  },
  'forgets those of one instant on the next page': {
    of: () =>
      listing((page, list) => list({ ...page, ...(page.after && { after: { ...page.after, id: '' } }) })),
    breaks: 'list in pages of 2 gives each once, also those created in the same instant',
  },
  'begins again on every page': {
    of: () => listing(({ limit }, list) => list({ limit })),
    breaks: 'list in pages of 1 gives each once, also those created in the same instant',
  },
  'lists every status': {
    of: () => listing(({ limit, after }, list) => list({ limit, ...(after && { after }) })),
    breaks: 'list holds all statuses, or those asked for, in one order',
  },
  'never lists deleted tenants': {
    of: () => listing((page, list) => list({ statuses: ['trial', 'active', 'suspended'], ...page })),
    breaks: 'list holds all statuses, or those asked for, in one order',
  },
};

function updating(update: (store: InMemoryTenantStore, given: Update) => Found): InMemoryTenantStore {
  return new (class extends InMemoryTenantStore {
    override update(...given: Update): Found {
      return update(this, given);
    }
  })();
}

function listing(
  list: (page: TenantPage, original: (page: TenantPage) => Promise<Tenant[]>) => Promise<Tenant[]>,
): InMemoryTenantStore {
  return new (class extends InMemoryTenantStore {
    override list(page: TenantPage): Promise<Tenant[]> {
      return list(page, (given) => super.list(given));
    }
  })();
}

describe(InMemoryTenantStore.name, () => {
  for (const { name, run } of tenantStoreContract) it(name, async () => run(new InMemoryTenantStore()));
});

describe('the contract of stores', () => {
  it('has a name for each case', () => {
    expect(new Set(tenantStoreContract.map(({ name }) => name)).size).toBe(tenantStoreContract.length);
  });

  it.each(Object.entries(BROKEN))('is broken by a store that %s', async (_, { of, breaks }) => {
    const outcomes = await Promise.allSettled(tenantStoreContract.map(({ run }) => run(of())));
    const broken = tenantStoreContract.filter((_case, at) => outcomes[at]?.status === 'rejected');
    expect(broken.map(({ name }) => name)).toContain(breaks);
  });
});
