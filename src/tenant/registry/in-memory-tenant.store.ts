import { mergeMetadata } from './merge-metadata.js';
import { samePlan, type TenantPlanState } from './plan-in-effect.js';
import { idTaken, slugTaken } from './taken.js';
import type { TenantChanges, TenantPage, TenantStore } from './tenant.store.js';
import type { Tenant, TenantMetadata, TenantStatus } from './tenant.js';

/**
 * Tenants in this process's memory: for unit tests and scripts. Gone when the process ends.
 *
 * @example
 * TenantModule.forRoot({ store: new InMemoryTenantStore() })
 */
export class InMemoryTenantStore implements TenantStore {
  readonly #tenants = new Map<string, Tenant>();

  insert(tenant: Tenant): Promise<Tenant> {
    if (this.#tenants.has(tenant.id)) return Promise.reject(idTaken(tenant.id));
    if (this.#bySlug(tenant.slug)) return Promise.reject(slugTaken(tenant.slug));
    return Promise.resolve(this.#keep(tenant));
  }

  findById(id: string): Promise<Tenant | undefined> {
    return Promise.resolve(copyIfAny(this.#tenants.get(id)));
  }

  findBySlug(slug: string): Promise<Tenant | undefined> {
    return Promise.resolve(copyIfAny(this.#bySlug(slug)));
  }

  update(
    id: string,
    changes: TenantChanges,
    whenStatus: readonly TenantStatus[],
    whenPlan?: TenantPlanState,
  ): Promise<Tenant | undefined> {
    const stored = this.#tenants.get(id);
    if (!stored || !whenStatus.includes(stored.status)) return Promise.resolve(undefined);
    if (whenPlan && !samePlan(stored, whenPlan)) return Promise.resolve(undefined);
    const metadata = mergeMetadata(stored.metadata, changes.metadata);
    return Promise.resolve(this.#keep({ ...stored, ...changes, metadata, updatedAt: new Date() }));
  }

  list({ limit, after, statuses, planDueBy }: TenantPage): Promise<Tenant[]> {
    const page = [...this.#tenants.values()]
      .filter((tenant) => !statuses || statuses.includes(tenant.status))
      .filter(({ scheduledPlan }) => !planDueBy || (scheduledPlan && scheduledPlan.effectiveAt <= planDueBy))
      .sort(newestFirst)
      .filter((tenant) => !after || newestFirst(after, tenant) < 0)
      .slice(0, limit);
    return Promise.resolve(page.map(copyOf));
  }

  #keep(tenant: Tenant): Tenant {
    this.#tenants.set(tenant.id, copyOf(tenant));
    return copyOf(tenant);
  }

  #bySlug(slug: string): Tenant | undefined {
    return [...this.#tenants.values()].find((tenant) => tenant.slug === slug);
  }
}

function newestFirst(a: Pick<Tenant, 'createdAt' | 'id'>, b: Pick<Tenant, 'createdAt' | 'id'>): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** As a database would answer: nobody holds the object that is kept. */
function copyOf(tenant: Tenant): Tenant {
  return {
    ...tenant,
    scheduledPlan: tenant.scheduledPlan && {
      ...tenant.scheduledPlan,
      effectiveAt: new Date(tenant.scheduledPlan.effectiveAt),
    },
    // Not structuredClone: under Jest its objects are of another realm, and equal to none of the test's own.
    metadata: JSON.parse(JSON.stringify(tenant.metadata)) as TenantMetadata,
    limits: { ...tenant.limits },
    periodAnchor: new Date(tenant.periodAnchor),
    createdAt: new Date(tenant.createdAt),
    updatedAt: new Date(tenant.updatedAt),
    deletedAt: tenant.deletedAt && new Date(tenant.deletedAt),
  };
}

function copyIfAny(tenant: Tenant | undefined): Tenant | undefined {
  return tenant && copyOf(tenant);
}
