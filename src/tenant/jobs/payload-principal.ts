import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import type { TenantRuntime } from '../context/tenant-runtime.js';
import { isTenantPayload, opened } from './tenant-payload.js';

/**
 * Who sent an RPC message, when its data is an envelope of serializeTenantContext: the tenant and caller it names.
 *
 * @throws UnauthenticatedError when it is an envelope, but not as it was written.
 */
export function principalOfPayload(
  context: ExecutionContext,
  runtime: Pick<TenantRuntime, 'payloadSigner'>,
): Principal | undefined {
  if (context.getType() !== 'rpc') return undefined;
  const data: unknown = context.switchToRpc().getData();
  if (!isTenantPayload(data)) return undefined;
  const { id, userId, userRoles, kind } = opened(data, runtime.payloadSigner);
  return { id: userId ?? 'process', kind: kind ?? 'user', tenantIds: [id], roles: userRoles ?? [] };
}
