import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import type { TenantResolver } from './tenant.resolver.js';

/**
 * The principal's own tenant, the first of its `tenantIds`, when no source named one. An operator has none: it must
 * name one.
 *
 * @example
 * resolvers: [new HeaderTenantResolver(), new PrincipalTenantResolver()]
 */
export class PrincipalTenantResolver implements TenantResolver {
  readonly explicit = false;
  readonly vouched = true;
  readonly source = "the credential's own tenant";

  resolve(_context: ExecutionContext, principal: Principal | undefined): string | undefined {
    return principal?.kind === 'operator' ? undefined : principal?.tenantIds?.[0];
  }
}
