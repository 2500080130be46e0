import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { CountedUsage, UsageSource } from '../registry/tenant-usage.js';
import type { QuotaStore } from './quota.store.js';

/**
 * What a tenant uses of its quotas, and what another source counts besides.
 *
 * @example
 * new QuotaUsageSource(quotaStore, plans, new AllocationUsageSource(controlPlane));
 */
export class QuotaUsageSource implements UsageSource {
  constructor(
    private readonly store: Pick<QuotaStore, 'read'>,
    private readonly plans: PlanDirectory,
    private readonly others: UsageSource,
  ) {}

  async usageOf(tenantId: string): Promise<Readonly<Record<string, number | CountedUsage>>> {
    const counters = this.plans.catalog.limits.flatMap((resource) => {
      const kind = this.plans.kindOf(resource);
      return kind === 'consumption' || kind === 'concurrency' ? [{ resource, kind }] : [];
    });
    const [others, states] = await Promise.all([
      this.others.usageOf(tenantId),
      this.store.read(tenantId, counters),
    ]);
    const quotas = states.map(({ used, reserved, periodEnd, graceUntil }, index) => [
      counters[index]?.resource,
      { used, reserved, ...(periodEnd && { resetsAt: periodEnd }), ...(graceUntil && { graceUntil }) },
    ]);
    return { ...others, ...(Object.fromEntries(quotas) as Record<string, CountedUsage>) };
  }
}
