import type { DataSource } from 'typeorm';
import type { CountedUsage, UsageSource } from './tenant-usage.js';

interface CountedRow {
  readonly resource: string;
  readonly used: string;
  readonly grace_until: Date | null;
}

/**
 * What allocation limits count, read in the control plane. A table of the application whose limit is enforced
 * is counted from its first row, so a tenant without one uses 0 of it; limits no trigger counts are not known.
 *
 * @example
 * await new AllocationUsageSource(controlPlane).usageOf(tenant.id); // { maxAgents: { used: 3 } }
 */
export class AllocationUsageSource implements UsageSource {
  constructor(private readonly controlPlane: DataSource) {}

  async usageOf(tenantId: string): Promise<Readonly<Record<string, CountedUsage>>> {
    // The first argument of a trigger is the limit; each ends with a zero byte.
    const rows = await this.controlPlane.query<CountedRow[]>(
      `SELECT counted.resource, coalesce(a.used, 0) AS used,
         CASE WHEN a.used > held.allowed
           THEN a.over_since + make_interval(secs => 86400 * (held.terms ->> 'graceDays')::float8) END AS grace_until
       FROM (SELECT DISTINCT convert_from(
                 substring(tgargs FROM 1 FOR position('\\x00'::bytea IN tgargs) - 1), getdatabaseencoding()) AS resource
               FROM pg_trigger WHERE tgfoid = 'tenant_count_allocation'::regproc AND NOT tgisinternal) counted
       LEFT JOIN tenant_allocations a ON a.tenant_id = $1 AND a.resource = counted.resource
       LEFT JOIN LATERAL tenant_quota_terms($1, counted.resource, clock_timestamp()) held ON a.over_since IS NOT NULL`,
      [tenantId],
    );
    return Object.fromEntries(
      rows.map(({ resource, used, grace_until: graceUntil }) => [
        resource,
        { used: Number(used), ...(graceUntil && { graceUntil }) },
      ]),
    );
  }
}
