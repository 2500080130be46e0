import type { TenantContext } from './tenant-context.js';
import { onlyRuntime } from './tenant-runtime.js';
import { currentScope, runInScope, TenantScope } from './tenant-scope.js';

/**
 * Runs `fn` as the tenant, for jobs, scripts and tests. The tenant is read from the registry first, so it
 * must exist and may not be suspended, and its plan, limits and features are those it has now; `userId` and
 * `userRoles` are kept as given. May be nested: the outer tenant is back when `fn` has ended.
 *
 * @throws TenantNotFoundError, TenantSuspendedError; ConfigurationError outside a scope when no TenantModule runs in
 *   this process, or several do.
 * @example
 * await runWithTenantContext({ tenantId }, () => reports.create());
 */
export async function runWithTenantContext<T>(
  context: Pick<TenantContext, 'tenantId'> & Partial<TenantContext>,
  fn: () => T | Promise<T>,
): Promise<T> {
  const outer = currentScope();
  const runtime = outer?.runtime ?? onlyRuntime();
  const tenant = await runtime.loadContext(context);
  return runInScope(new TenantScope(runtime, tenant, outer?.principal, outer?.origin ?? 'process'), fn);
}
