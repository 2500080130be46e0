import { SetMetadata } from '@nestjs/common';

export const ROUTE_ACCESS = '@parallax/tenant:route-access';

export type RouteAccess =
  { readonly kind: 'optional' } | { readonly kind: 'platform'; readonly permission: string };

/**
 * The route also works without a tenant, and then without a scope. Read by TenantGuard.
 *
 * @example
 * \@TenantOptional() \@Get('prices') prices(\@CurrentTenant('plan') plan?: string) { … }
 */
export const TenantOptional = (): ClassDecorator & MethodDecorator =>
  SetMetadata(ROUTE_ACCESS, { kind: 'optional' } satisfies RouteAccess);

/**
 * The route is for platform operators who hold the permission; it has no tenant's scope. Read by TenantGuard, which
 * answers everybody else with UnauthenticatedError or ForbiddenError.
 *
 * @example
 * \@PlatformOnly('tenants:write') \@Post() create() { … }
 */
export const PlatformOnly = (permission: string): ClassDecorator & MethodDecorator =>
  SetMetadata(ROUTE_ACCESS, { kind: 'platform', permission } satisfies RouteAccess);
