import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { TenantContext } from '../context/tenant-context.js';
import { TenantNotFoundError, TenantSuspendedError } from '../errors/request.errors.js';
import { planInEffect } from './plan-in-effect.js';
import type { Tenant } from './tenant.js';

/** @throws TenantNotFoundError, TenantSuspendedError when the tenant may not act now. */
export function assertMayAct(tenant: Tenant): void {
  switch (tenant.status) {
    case 'trial':
    case 'active':
      return;
    case 'suspended':
      throw new TenantSuspendedError(tenant.id);
    case 'deleted':
      throw new TenantNotFoundError();
  }
}

/** The context of a tenant that may act, with the limits and features it has now. */
export function contextOf(
  tenant: Tenant,
  plans: PlanDirectory,
  call: Pick<TenantContext, 'userId' | 'userRoles' | 'resolution'> = {},
): TenantContext {
  assertMayAct(tenant);
  const { plan, planVersion } = planInEffect(tenant, new Date());
  const { limits, features } = plans.entitlements(plan, planVersion, tenant.limits);
  return Object.freeze({
    tenantId: tenant.id,
    tenantSlug: tenant.slug,
    plan,
    limits,
    features,
    ...(call.userId !== undefined && { userId: call.userId }),
    ...(call.userRoles !== undefined && { userRoles: call.userRoles }),
    ...(call.resolution !== undefined && { resolution: call.resolution }),
  });
}
