import { onlyRuntime } from '../context/tenant-runtime.js';
import { currentScope, runInScope, TenantScope } from '../context/tenant-scope.js';
import { opened, type TenantPayload } from './tenant-payload.js';

/**
 * Runs `handler` on the payload's data, in the scope of the tenant that wrote it. The signature is checked, and
 * the tenant is read from the registry: what was queued before a suspension does not run after it. A payload
 * can be run more than once, and by another handler than it was meant for, by whoever can write to the queue; a
 * handler that must not be needs a key of its own, and says in the data what it is for. Roles are those the user
 * had when it was written.
 *
 * @throws UnauthenticatedError when the payload was changed, is too old or was not made by
 *   serializeTenantContext; TenantNotFoundError, TenantSuspendedError; ConfigurationError without the option
 *   `payloads`.
 * @example
 * process(job: Job<TenantPayload<{ reportId: string }>>) {
 *   return runTenantJob(job.data, ({ reportId }) => this.reports.render(reportId));
 * }
 */
export async function runTenantJob<T, R>(
  payload: TenantPayload<T>,
  handler: (data: T) => R | Promise<R>,
): Promise<R> {
  const outer = currentScope();
  const runtime = outer?.runtime ?? onlyRuntime();
  const { id, userId, userRoles } = opened(payload, runtime.payloadSigner);
  const tenant = await runtime.loadContext({
    tenantId: id,
    ...(userId !== undefined && { userId }),
    ...(userRoles !== undefined && { userRoles }),
  });
  return runInScope(new TenantScope(runtime, tenant, outer?.principal, outer?.origin ?? 'process'), () =>
    handler(payload.data),
  );
}
