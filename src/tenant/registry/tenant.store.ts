import type { TenantPlanState } from './plan-in-effect.js';
import type { Tenant, TenantMetadata, TenantStatus } from './tenant.js';

/** What to change of a stored tenant; what is left out stays as it is. */
export type TenantChanges = Partial<
  Pick<
    Tenant,
    'name' | 'status' | 'statusReason' | keyof TenantPlanState | 'limits' | 'priceCents' | 'deletedAt'
  >
> & {
  /** Merged over what is stored; a key set to null is removed. */
  readonly metadata?: TenantMetadata;
};

/** Which tenants to read, one page at a time. */
export interface TenantPage {
  /** At most this many. */
  readonly limit: number;
  /** Only tenants that come after this one, newest first. */
  readonly after?: Pick<Tenant, 'createdAt' | 'id'>;
  /** Only tenants that have one of these; left out, all of them, deleted ones too. */
  readonly statuses?: readonly TenantStatus[];
  /** Only tenants with a scheduled plan whose time has come by this moment. */
  readonly planDueBy?: Date;
}

/**
 * Where tenants are kept. Each call is atomic on its own, and an answer is the caller's: changing it changes no
 * tenant. Which changes are legal and who may see a deleted tenant is for TenantService to say.
 *
 * A store of your own shows that it is one by passing `tenantStoreContract` of `@parallax/tenant/testing`.
 */
export interface TenantStore {
  /** @throws ConflictError when the id or the slug is taken, also by a tenant deleted since. */
  insert(tenant: Tenant): Promise<Tenant>;
  /** Undefined when unknown, which what is no canonical uuid always is. */
  findById(id: string): Promise<Tenant | undefined>;
  findBySlug(slug: string): Promise<Tenant | undefined>;
  /**
   * Applies the changes if the tenant has one of these statuses and, where `whenPlan` is given, has exactly this plan
   * and scheduled plan; undefined when it has not, or is unknown.
   */
  update(
    id: string,
    changes: TenantChanges,
    whenStatus: readonly TenantStatus[],
    whenPlan?: TenantPlanState,
  ): Promise<Tenant | undefined>;
  /** Newest first. */
  list(page: TenantPage): Promise<Tenant[]>;
}
