import type { DataSource } from 'typeorm';
import { TenantNotFoundError } from '../errors/request.errors.js';
import { databaseCall } from './database-call.js';
import { type WireState, stateOf } from './quota-wire.js';
import type { QuotaDrift, QuotaState } from './quota.store.js';
import { reconcileAllocation } from './reconcile-allocation.js';

/** Where the use of allocation limits is read, and set right: triggers count it. */
export interface AllocationCounters {
  /** One state for each limit, in the same order. @throws TenantNotFoundError, UnavailableError */
  read(tenantId: string, resources: readonly string[]): Promise<QuotaState[]>;
  /** Sets the counter by the rows there are. With `dryRun` it only looks. */
  reconcile(tenantId: string, resource: string, dryRun: boolean): Promise<QuotaDrift>;
}

/**
 * What allocation limits count, in the control plane.
 *
 * @example
 * new QuotaManager(store, plans, { allocations: new PostgresAllocations(controlPlane) });
 */
export class PostgresAllocations implements AllocationCounters {
  constructor(private readonly controlPlane: DataSource) {}

  async read(tenantId: string, resources: readonly string[]): Promise<QuotaState[]> {
    const [{ states }] = await databaseCall(() =>
      this.controlPlane.query<[{ states: WireState[] | null }]>(
        'SELECT tenant_allocation_read($1, $2) AS states',
        [tenantId, resources],
      ),
    );
    if (!states) throw new TenantNotFoundError();
    return states.map(stateOf);
  }

  reconcile(tenantId: string, resource: string, dryRun: boolean): Promise<QuotaDrift> {
    return reconcileAllocation(this.controlPlane, { tenantId, resource, dryRun });
  }
}
