/** What a key may do in its tenant, from least to most. */
export const TENANT_ROLES = ['viewer', 'member', 'admin', 'owner'] as const;

export type TenantRole = (typeof TENANT_ROLES)[number];

/** Whether any of the roles is at least the one needed. */
export function hasRole(roles: readonly string[], needed: TenantRole): boolean {
  const least = TENANT_ROLES.indexOf(needed);
  return roles.some((role) => TENANT_ROLES.indexOf(role as TenantRole) >= least);
}

/** What a platform operator may do, by name. */
export const PLATFORM_PERMISSIONS = ['tenants:read', 'tenants:write', 'tenants:keys', 'alerts:read'] as const;

export type PlatformPermission = (typeof PLATFORM_PERMISSIONS)[number];
