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
}
