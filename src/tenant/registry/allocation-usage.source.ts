import type { DataSource } from 'typeorm';
import type { UsageSource } from './tenant-usage.js';

/**
 * What allocation limits count, read in the control plane. A table of the application whose limit is enforced
 * is counted from its first row, so a tenant without one uses 0 of it; limits no trigger counts are not known.
 *
 * @example
 * await new AllocationUsageSource(controlPlane).usageOf(tenant.id); // { maxAgents: 3 }
 */
export class AllocationUsageSource implements UsageSource {
  constructor(private readonly controlPlane: DataSource) {}

  async usageOf(tenantId: string): Promise<Readonly<Record<string, number>>> {
    const rows = await this.controlPlane.query<{ resource: string; used: string }[]>(
      `SELECT counted.resource, coalesce(a.used, 0) AS used
       FROM (SELECT DISTINCT convert_from(rtrim(tgargs, '\\x00'), getdatabaseencoding()) AS resource
               FROM pg_trigger WHERE tgfoid = 'tenant_count_allocation'::regproc AND NOT tgisinternal) counted
       LEFT JOIN tenant_allocations a ON a.tenant_id = $1 AND a.resource = counted.resource`,
      [tenantId],
    );
    return Object.fromEntries(rows.map(({ resource, used }) => [resource, Number(used)]));
  }
}
