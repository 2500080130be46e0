import type { EntityManager } from 'typeorm';
import type { PlatformWork } from './platform-work.js';
import { onlyRuntime } from './tenant-runtime.js';
import { currentScope, runInScope, TenantScope } from './tenant-scope.js';

/**
 * Runs `fn` in one transaction that sees the rows of the named tenants and no others, under a database role
 * of its own. It is logged before it begins, and the log stays whatever becomes of it: no log, no access.
 * `fn` gets the manager to use; the ordinary repositories keep refusing, because there is no tenant in whose
 * name they could act.
 *
 * Inside a request the caller must hold the permission. A command or a job of the process itself has no caller,
 * and says so: `as: 'process'`.
 *
 * @throws ForbiddenError when the caller lacks the permission, or there is none; ConfigurationError when a reason,
 *   a permission or the tenants' ids are missing, or the module has no `controlPlane`.
 * @example
 * const agents = await runAsPlatform(
 *   { permission: 'tenants:support', reason: 'ticket 4711', tenantIds: [acme.id] },
 *   (manager) => manager.find(Agent),
 * );
 */
export async function runAsPlatform<T>(
  work: PlatformWork,
  fn: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const outer = currentScope();
  const runtime = outer?.runtime ?? onlyRuntime();
  const origin = outer?.origin ?? 'process';
  const ownAccount = work.as === 'process' && origin === 'process';
  const actor = outer?.principal ?? (ownAccount ? 'process' : 'nobody');
  const scope = new TenantScope(runtime, undefined, outer?.principal, origin);
  return await runInScope(scope, () => runtime.runAsPlatform(actor, work, fn));
}
