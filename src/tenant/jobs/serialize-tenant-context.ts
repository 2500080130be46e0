import { onlyRuntime } from '../context/tenant-runtime.js';
import { currentScope, getTenantContext } from '../context/tenant-scope.js';
import { sealed, type TenantPayload } from './tenant-payload.js';

/**
 * Puts data into an envelope that says, signed, in which tenant and for whom it is to be worked on: for a queue,
 * or a call to another service with the same keys. The data is readable by whoever reads the queue, and must be
 * what JSON can hold.
 *
 * @throws TenantScopeMissingError outside a tenant's scope; ConfigurationError without the option `payloads`.
 * @example
 * await queue.add('report', serializeTenantContext({ reportId }));
 */
export function serializeTenantContext(): TenantPayload<null>;
export function serializeTenantContext<T>(data: T): TenantPayload<T>;
export function serializeTenantContext(data: unknown = null): TenantPayload {
  const { tenantId, userId, userRoles } = getTenantContext();
  const scope = currentScope();
  const kind = scope?.principal?.kind;
  return sealed(
    {
      id: tenantId,
      ...(userId !== undefined && { userId }),
      ...(userRoles !== undefined && { userRoles }),
      ...(kind !== undefined && { kind }),
      issuedAt: Date.now(),
    },
    data,
    (scope?.runtime ?? onlyRuntime()).payloadSigner,
  );
}
