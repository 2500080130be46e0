import type { Tenant } from '../registry/tenant.js';
import type { TenantStore } from '../registry/tenant.store.js';
import { parseTenantReference } from '../resolution/tenant-reference.js';
import { UsageError } from './command.js';

/** The tenant that was named by its id or slug, suspended and deleted ones too. */
export async function findTenant(store: TenantStore, given: string): Promise<Tenant> {
  const reference = parseTenantReference(given);
  const tenant =
    reference &&
    ('id' in reference ? await store.findById(reference.id) : await store.findBySlug(reference.slug));
  if (!tenant) throw new UsageError(`There is no tenant ${given}.`);
  return tenant;
}
