import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import { transportRequestOf } from '../context/transport-request.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { type StandardResolverOptions, standardResolvers } from './standard-resolvers.js';
import { MembershipAccessPolicy, type TenantAccessPolicy } from './tenant-access.policy.js';
import { parseTenantReference, type TenantReferenceParser } from './tenant-reference.js';
import type { TenantResolver } from './tenant.resolver.js';

/**
 * How the tenant of a call is found, and who may enter it. Named sources are those of `standardResolvers`; with
 * `resolvers` give the names to the resolvers.
 */
export interface ResolutionOptions extends StandardResolverOptions {
  /**
   * Whether a route without decorator needs a tenant. When false, such a route works like `@TenantOptional()`.
   *
   * @default true
   */
  readonly requireTenant?: boolean;
  /**
   * The sources a request may name its tenant in. Asked in this order, the explicit ones first; the first that
   * names a tenant counts.
   *
   * @default standardResolvers()
   */
  readonly resolvers?: readonly TenantResolver[];
  /**
   * Who is calling. May itself authenticate, and may throw UnauthenticatedError. Asked for each call, and each
   * message of a WebSocket.
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
   * What happens when explicit sources name different tenants. The event `tenant.resolution.conflict` is
   * raised either way.
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
export type CompleteResolutionOptions = Required<Omit<ResolutionOptions, keyof StandardResolverOptions>>;

const STANDARD_NAMES = [
  'headerName',
  'paramName',
  'queryName',
  'defaultTenant',
] as const satisfies readonly (keyof StandardResolverOptions)[];

/** @throws ConfigurationError when an option would have no effect. */
export function completeResolutionOptions(options: ResolutionOptions): CompleteResolutionOptions {
  const idle = STANDARD_NAMES.filter((name) => options.resolvers && options[name] !== undefined);
  if (idle.length > 0) {
    throw new ConfigurationError(
      `The option \`resolvers\` takes the place of ${idle.join(', ')}: write resolvers: [yours, ` +
        '...standardResolvers({ … })], or leave one of them out.',
    );
  }
  return {
    requireTenant: options.requireTenant ?? true,
    resolvers: options.resolvers ?? standardResolvers(options),
    principal: options.principal ?? principalOfRequest,
    access: options.access ?? new MembershipAccessPolicy(),
    conflict: options.conflict ?? 'first-wins',
    parseReference: options.parseReference ?? parseTenantReference,
  };
}

function principalOfRequest(context: ExecutionContext): Principal | undefined {
  const request = transportRequestOf(context);
  return (request?.principal ?? request?.user) as Principal | undefined;
}
