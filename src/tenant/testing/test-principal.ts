import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import { rawRequestOf } from '../context/transport-request.js';
import { UnauthenticatedError } from '../errors/request.errors.js';
import type { Tenant } from '../registry/tenant.js';

const HEADER = 'x-test-principal';

/**
 * A principal for a test: a user without roles who belongs to the tenant, unless told otherwise.
 *
 * @example
 * testPrincipal(acme.tenant, { roles: ['admin'] });
 * testPrincipal([], { kind: 'operator', permissions: ['tenants:read'] });
 */
export function testPrincipal(
  tenants: Pick<Tenant, 'id'> | readonly Pick<Tenant, 'id'>[],
  principal: Partial<Principal> = {},
): Principal {
  return {
    id: 'test-user',
    kind: 'user',
    roles: [],
    tenantIds: [tenants].flat().map(({ id }) => id),
    ...principal,
  };
}

/**
 * The headers by which an application with TenantTestingModule takes a request, or the opening of a WebSocket, as the
 * principal's.
 *
 * @example
 * await request(app.getHttpServer()).get('/notes').set(actingAs(testPrincipal(acme.tenant)));
 */
export function actingAs(principal: Principal): Record<string, string> {
  // Encoded, since a header holds no more than Latin letters.
  return { [HEADER]: encodeURIComponent(JSON.stringify(principal)) };
}

/** The option `principal` that believes those headers. */
export function actingPrincipal(context: ExecutionContext): Principal | undefined {
  const sent = rawRequestOf(context)?.headers[HEADER];
  if (typeof sent !== 'string') return undefined;
  try {
    return JSON.parse(decodeURIComponent(sent)) as Principal;
  } catch {
    throw new UnauthenticatedError(`The header ${HEADER} is not what actingAs() makes.`);
  }
}
