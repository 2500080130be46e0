import { DefaultTenantResolver } from './default-tenant.resolver.js';
import { HeaderTenantResolver } from './header-tenant.resolver.js';
import { PathTenantResolver } from './path-tenant.resolver.js';
import { PrincipalTenantResolver } from './principal-tenant.resolver.js';
import { QueryTenantResolver } from './query-tenant.resolver.js';
import type { TenantResolver } from './tenant.resolver.js';

/** Where the standard sources look, and which tenant is left when they find none. */
export interface StandardResolverOptions {
  /** @default 'X-Tenant-ID' */
  readonly headerName?: string;
  /** @default 'tenantId' */
  readonly paramName?: string;
  /** @default 'tenant' */
  readonly queryName?: string;
  /**
   * Id or slug of the tenant of requests that name none and whose principal has none of its own.
   *
   * @default none
   */
  readonly defaultTenant?: string;
}

/**
 * The sources asked when nothing else is said, in this order: header, path, query, the principal's own tenant,
 * the default.
 *
 * @example
 * resolvers: [new SubdomainTenantResolver('example.com'), ...standardResolvers({ headerName: 'X-Workspace' })]
 */
export function standardResolvers({
  headerName,
  paramName,
  queryName,
  defaultTenant,
}: StandardResolverOptions = {}): readonly TenantResolver[] {
  return [
    new HeaderTenantResolver(headerName),
    new PathTenantResolver(paramName),
    new QueryTenantResolver(queryName),
    new PrincipalTenantResolver(),
    ...(defaultTenant === undefined ? [] : [new DefaultTenantResolver(defaultTenant)]),
  ];
}
