import type { ExecutionContext } from '@nestjs/common';
import { scopeOfCall } from '../context/call-scope.js';
import type { TenantContext } from '../context/tenant-context.js';
import { TenantScopeMissingError } from '../errors/isolation.errors.js';
import { TenantRequiredError } from '../errors/request.errors.js';

/**
 * The tenant a guard of the plan decides about.
 *
 * @throws TenantScopeMissingError when TenantGuard did not run yet: nothing is known, so nothing is allowed.
 * @throws TenantRequiredError when the route may go without a tenant, and this call did.
 */
export function admittedTenant(context: ExecutionContext, decorator: string): TenantContext {
  const scope = scopeOfCall(context);
  if (!scope?.admitted) {
    throw new TenantScopeMissingError(
      `${decorator} was reached before TenantGuard (on one method or class, write it above @UseGuards(…, TenantGuard); ` +
        'gateways need that guard too), so it asks',
    );
  }
  if (!scope.tenant) throw new TenantRequiredError([]);
  return scope.tenant;
}
