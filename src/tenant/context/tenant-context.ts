/** How the tenant of a call was found: which source named it, of those that were asked. */
export interface TenantResolution {
  /** The source that counted: `the header X-Tenant-ID`. */
  readonly source: string;
  /** Every source that was asked, in order, and whether it named a tenant. Never what it held. */
  readonly asked: readonly { readonly source: string; readonly named: boolean }[];
}

/** The tenant the running code acts in, with what its plan grants. Immutable. */
export interface TenantContext {
  /** uuid, lower case, with hyphens. */
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly plan: string;
  /** Effective limits by name; `null` is unlimited, `0` is none. */
  readonly limits: Readonly<Record<string, number | null>>;
  /** Effective features by name. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly userId?: string;
  readonly userRoles?: readonly string[];
  /** How it was found; absent where no call named it, as in a job. */
  readonly resolution?: TenantResolution;
}
