import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import { MembershipAccessPolicy, type TenantAccessPolicy } from './tenant-access.policy.js';
import { parseTenantReference, type TenantReferenceParser } from './tenant-reference.js';

export interface ResolutionOptions {
  /**
   * Whether a route without decorator needs a tenant. When false, such a route works like `@TenantOptional()`.
   *
   * @default true
   */
  readonly requireTenant?: boolean;
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
  /**
   * Who is calling. May itself authenticate, and may throw UnauthenticatedError.
   *
   * @default `request.principal`, else `request.user`
   */
  readonly principal?: (context: ExecutionContext) => Principal | undefined | Promise<Principal | undefined>;
  /**
   * Who may enter which tenant. `'trust-sources'` lets every caller enter every tenant: only for a service
   * that nothing but a gateway which sets the header can reach.
   *
   * @default MembershipAccessPolicy
   */
  readonly access?: TenantAccessPolicy | 'trust-sources';
  /**
   * What happens when header, path and query name different tenants.
   *
   * @default 'first-wins'
   */
  readonly conflict?: 'first-wins' | 'reject';
  /**
   * How ids look to clients, for applications that do not show uuids.
   *
   * @default uuids and slugs
   */
  readonly parseReference?: TenantReferenceParser;
}

export const RESOLUTION_OPTIONS = Symbol('@parallax/tenant:resolution-options');

/** The options with every default in place. */
export type CompleteResolutionOptions = ResolutionOptions & typeof RESOLUTION_DEFAULTS;

const RESOLUTION_DEFAULTS: Required<Omit<ResolutionOptions, 'defaultTenant'>> = {
  requireTenant: true,
  headerName: 'X-Tenant-ID',
  paramName: 'tenantId',
  queryName: 'tenant',
  principal: principalOfRequest,
  access: new MembershipAccessPolicy(),
  conflict: 'first-wins',
  parseReference: parseTenantReference,
};

export function completeResolutionOptions(options: ResolutionOptions): CompleteResolutionOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...RESOLUTION_DEFAULTS, ...(Object.fromEntries(given) as Partial<CompleteResolutionOptions>) };
}

function principalOfRequest(context: ExecutionContext): Principal | undefined {
  const request = context.switchToHttp().getRequest<{ principal?: Principal; user?: Principal }>();
  return request.principal ?? request.user;
}
