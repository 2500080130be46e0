import type { TenantMetadata } from './tenant.js';

/** A key set to null is removed; one left out, or undefined, stays as it is. */
export function mergeMetadata(stored: TenantMetadata, changes: TenantMetadata = {}): TenantMetadata {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const merged = { ...stored, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
