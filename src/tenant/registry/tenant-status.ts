import type { LiveTenantStatus, TenantStatus } from './tenant.js';

/** What a tenant may become next. Every change of status goes by this table. */
const BECOMES: Readonly<Record<TenantStatus, readonly TenantStatus[]>> = {
  trial: ['active', 'suspended', 'deleted'],
  active: ['suspended', 'deleted'],
  suspended: ['trial', 'active', 'deleted'],
  deleted: [],
};

/** The statuses of tenants that anybody but the store may know of. */
export const LIVE_STATUSES: readonly LiveTenantStatus[] = ['trial', 'active', 'suspended'];

export function mayBecome(from: TenantStatus, next: TenantStatus): boolean {
  return BECOMES[from].includes(next);
}
