import type { DataSource } from 'typeorm';
import { allocationTables } from './allocation-tables.js';
import { PostgresQuotaStore } from './postgres-quota.store.js';
import { reconcileAllocation } from './reconcile-allocation.js';
import type { QuotaDrift, StoredQuotaKind } from './quota.store.js';

/** Which counters. */
export interface TenantToReconcile {
  /** uuid */
  readonly tenantId: string;
  /** The name of a limit. @default every counter of the tenant */
  readonly resource?: string;
  /** Whether only to look. @default false */
  readonly dryRun?: boolean;
}

/**
 * Looks at the counters a tenant has in the database, and sets them right: those of allocation limits by the rows
 * there are, those of the running period and of what is under way by their ledger and open reservations. It needs no
 * catalogue: what was counted once says of what kind it is.
 *
 * @returns what each counter said and says
 * @throws TenantNotFoundError, UnavailableError
 */
export async function reconcileTenant(
  controlPlane: DataSource,
  { tenantId, resource: named, dryRun = false }: TenantToReconcile,
): Promise<QuotaDrift[]> {
  const drifts: QuotaDrift[] = [];
  for (const resource of await allocationsOf(controlPlane, tenantId)) {
    if (named !== undefined && named !== resource) continue;
    drifts.push(await reconcileAllocation(controlPlane, { tenantId, resource, dryRun }));
  }
  const store = new PostgresQuotaStore(controlPlane);
  for (const { resource, kind } of await storedCountersOf(controlPlane, tenantId)) {
    if (named !== undefined && named !== resource) continue;
    drifts.push(await store.reconcile({ tenantId, resource, kind }, dryRun));
  }
  return drifts;
}

/** Those that triggers count, and those that triggers once did. */
async function allocationsOf(controlPlane: DataSource, tenantId: string): Promise<string[]> {
  const counters = await controlPlane.query<{ resource: string }[]>(
    'SELECT resource FROM tenant_allocations WHERE tenant_id = $1',
    [tenantId],
  );
  const counted = (await allocationTables(controlPlane)).keys();
  return [...new Set([...counted, ...counters.map(({ resource }) => resource)])].sort();
}

function storedCountersOf(
  controlPlane: DataSource,
  tenantId: string,
): Promise<{ resource: string; kind: StoredQuotaKind }[]> {
  return controlPlane.query(
    `SELECT DISTINCT resource, CASE WHEN isfinite(period_start) THEN 'consumption' ELSE 'concurrency' END AS kind
     FROM tenant_usage WHERE tenant_id = $1 ORDER BY 1, 2`,
    [tenantId],
  );
}
