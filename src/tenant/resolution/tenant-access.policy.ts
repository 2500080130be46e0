import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import type { Tenant } from '../registry/tenant.js';

/** Decides whether a principal may act in a tenant. Refusal looks like an unknown tenant to the client. */
export interface TenantAccessPolicy {
  canEnter(principal: Principal, tenant: Tenant, context: ExecutionContext): boolean | Promise<boolean>;
}

/** The default: users and API keys enter the tenants they belong to, operators enter none. */
export class MembershipAccessPolicy implements TenantAccessPolicy {
  canEnter(principal: Principal, tenant: Tenant): boolean {
    return principal.kind !== 'operator' && (principal.tenantIds ?? []).includes(tenant.id);
  }
}
