import {
  InMemoryTenantStore,
  type Principal,
  type Tenant,
  TenantService,
  type TenantStore,
} from '@parallax/tenant';
import { MANY, uuidOf } from '../isolation/database.js';

/** Of the plan that the tenants are on. */
export const FEATURE = 'sso';

export const tenantIds: readonly string[] = Array.from({ length: MANY.tenants }, (_, at) => uuidOf(at + 1));

export const apiKeyOf = (tenantId: string): string => `key-of-${tenantId}`;

/** Authentication that costs both sides a look into a map: what it costs is the application's matter. */
const principals = new Map<string, Principal>(
  tenantIds.map((id) => [
    `Bearer ${apiKeyOf(id)}`,
    { id: `user-of-${id}`, kind: 'api-key', tenantIds: [id], roles: [] },
  ]),
);

export function principalOf(authorization: string | undefined): Principal | undefined {
  return authorization === undefined ? undefined : principals.get(authorization);
}

/** All of them in memory, as on a request's path they are in the tenant cache. */
export async function storeOfTenants(): Promise<TenantStore> {
  const template = await new TenantService(new InMemoryTenantStore()).createTenant('Any', {}, 'enterprise');
  const tenants = new Map(tenantIds.map((id): [string, Tenant] => [id, { ...template, id }]));
  const findById = (id: string): Promise<Tenant | undefined> => Promise.resolve(tenants.get(id));
  return Object.assign(new InMemoryTenantStore(), { findById });
}
