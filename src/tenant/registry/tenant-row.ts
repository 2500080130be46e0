import type { ScheduledPlan, Tenant } from './tenant.js';
import type { TenantEntity } from './tenant.entity.js';

type ScheduleColumns = Pick<TenantEntity, 'scheduledPlan' | 'scheduledPlanVersion' | 'scheduledAt'>;

/** A tenant, or changes of one, as the columns hold it: a scheduled plan is one thing there, and three here. */
export function columnsOf<Given extends Partial<Tenant>>({
  scheduledPlan,
  ...same
}: Given): Omit<Given, 'scheduledPlan'> & Partial<ScheduleColumns> {
  return { ...same, ...(scheduledPlan !== undefined && scheduleColumns(scheduledPlan)) };
}

/** The tenant of a row. */
export function tenantOf(row: TenantEntity): Tenant {
  const { scheduledPlan: plan, scheduledPlanVersion, scheduledAt, ...same } = row;
  const scheduled = plan !== null && scheduledPlanVersion !== null && scheduledAt !== null;
  return {
    ...same,
    scheduledPlan: scheduled ? { plan, planVersion: scheduledPlanVersion, effectiveAt: scheduledAt } : null,
  };
}

function scheduleColumns(scheduled: ScheduledPlan | null): ScheduleColumns {
  return {
    scheduledPlan: scheduled?.plan ?? null,
    scheduledPlanVersion: scheduled?.planVersion ?? null,
    scheduledAt: scheduled?.effectiveAt ?? null,
  };
}
