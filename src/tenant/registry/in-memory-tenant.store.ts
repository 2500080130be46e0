import { ConflictError } from '../errors/request.errors.js';
import { mergeMetadata } from './merge-metadata.js';
import type { TenantChanges, TenantPage, TenantStore } from './tenant.store.js';
import type { Tenant, TenantStatus } from './tenant.js';

/** Tenants in this process's memory: for unit tests and scripts. Gone when the process ends. */
export class InMemoryTenantStore implements TenantStore {
  readonly #tenants = new Map<string, Tenant>();

  insert(tenant: Tenant): Promise<Tenant> {
    if (this.#bySlug(tenant.slug)) {
      return Promise.reject(new ConflictError(`There is a tenant with the slug "${tenant.slug}" already.`));
    }
    this.#tenants.set(tenant.id, tenant);
    return Promise.resolve(tenant);
  }

  findById(id: string): Promise<Tenant | undefined> {
    return Promise.resolve(this.#tenants.get(id));
  }

  findBySlug(slug: string): Promise<Tenant | undefined> {
    return Promise.resolve(this.#bySlug(slug));
  }

  update(
    id: string,
    changes: TenantChanges,
    whenStatus: readonly TenantStatus[],
  ): Promise<Tenant | undefined> {
    const stored = this.#tenants.get(id);
    if (!stored || !whenStatus.includes(stored.status)) return Promise.resolve(undefined);
    const metadata = mergeMetadata(stored.metadata, changes.metadata);
    const updated = { ...stored, ...changes, metadata, updatedAt: new Date() };
    this.#tenants.set(id, updated);
    return Promise.resolve(updated);
  }

  list({ limit, after, status }: TenantPage): Promise<Tenant[]> {
    const page = [...this.#tenants.values()]
      .filter((tenant) => !status || tenant.status === status)
      .sort(newestFirst)
      .filter((tenant) => !after || newestFirst(after, tenant) < 0)
      .slice(0, limit);
    return Promise.resolve(page);
  }

  #bySlug(slug: string): Tenant | undefined {
    return [...this.#tenants.values()].find((tenant) => tenant.slug === slug);
  }
}

function newestFirst(a: Pick<Tenant, 'createdAt' | 'id'>, b: Pick<Tenant, 'createdAt' | 'id'>): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
