import { SetMetadata, type Type } from '@nestjs/common';
import type { TenantResolver } from './tenant.resolver.js';

export const TENANT_RESOLVERS = '@parallax/tenant:resolvers';

/** A resolver, or the class of one that is a provider. */
export type TenantResolverReference = TenantResolver | Type<TenantResolver>;

/**
 * The sources of this route or controller, in place of the module's. Who may enter stays as it is. Read by
 * TenantGuard.
 *
 * @example
 * \@TenantResolvers(new PathTenantResolver('workspace')) // and nothing else: no header, no default
 * \@Post('hooks/:workspace') receive() { … }
 */
export const TenantResolvers = (
  ...resolvers: [TenantResolverReference, ...TenantResolverReference[]]
): ClassDecorator & MethodDecorator => SetMetadata(TENANT_RESOLVERS, resolvers);
