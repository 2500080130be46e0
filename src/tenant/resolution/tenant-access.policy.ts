import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import type { Tenant } from '../registry/tenant.js';

/**
 * Decides whether a principal may act in a tenant. Refusal looks like an unknown tenant to the client.
 *
 * @example
 * const access: TenantAccessPolicy = { canEnter: ({ id }, tenant) => members.has(tenant.id, id) };
 */
export interface TenantAccessPolicy {
  canEnter(principal: Principal, tenant: Tenant, context: ExecutionContext): boolean | Promise<boolean>;
}

/**
 * The default: users and API keys enter the tenants of their `tenantIds`, operators enter none.
 *
 * @example
 * const members = new MembershipAccessPolicy();
 * const access: TenantAccessPolicy = { canEnter: (who, tenant) => isSupport(who) || members.canEnter(who, tenant) };
 */
export class MembershipAccessPolicy implements TenantAccessPolicy {
  canEnter(principal: Principal, tenant: Tenant): boolean {
    return principal.kind !== 'operator' && (principal.tenantIds ?? []).includes(tenant.id);
  }
}
