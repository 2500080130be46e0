/**
 * What the library keeps for itself, by any of its migrations or commands. No tenant's, also where rows name one: the
 * owner's functions or the control plane write them. Tables of its own that tenants write are under row-level security
 * and judged like the application's.
 */
export const LIBRARY_TABLES: readonly string[] = [
  'plans',
  'platform_access_log',
  'quota_reservations',
  'rate_limit_counters',
  'tenancy_adoptions',
  'tenant_alert_deliveries',
  'tenant_alerts',
  'tenant_allocations',
  'tenant_resources',
  'tenant_scope_keys',
  'tenant_usage',
  'tenant_usage_ledger',
  'tenants',
];
