import type { Tenant, TenantMetadata, TenantStatus } from './tenant.js';

export type TenantChanges = Partial<
  Pick<Tenant, 'name' | 'status' | 'statusReason' | 'plan' | 'planVersion' | 'limits' | 'priceCents'>
> & {
  /** Merged over what is stored; a key set to null is removed. */
  readonly metadata?: TenantMetadata;
};

export interface TenantPage {
  /** At most this many. */
  readonly limit: number;
  /** Only tenants that come after this one, newest first. */
  readonly after?: Pick<Tenant, 'createdAt' | 'id'>;
  readonly status?: TenantStatus;
}

/** Where tenants are kept. Each call is atomic on its own. */
export interface TenantStore {
  /** @throws ConflictError when the slug is taken, also by a tenant deleted since. */
  insert(tenant: Tenant): Promise<Tenant>;
  /** Undefined when unknown, which what is no canonical uuid always is. */
  findById(id: string): Promise<Tenant | undefined>;
  findBySlug(slug: string): Promise<Tenant | undefined>;
  /** Applies the changes if the tenant has one of these statuses; undefined when it has not, or is unknown. */
  update(
    id: string,
    changes: TenantChanges,
    whenStatus: readonly TenantStatus[],
  ): Promise<Tenant | undefined>;
  /** Newest first. */
  list(page: TenantPage): Promise<Tenant[]>;
}
