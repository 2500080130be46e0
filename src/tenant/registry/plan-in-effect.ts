import type { Tenant } from './tenant.js';

/** The plan of a tenant, and the one it is to move to. */
export type TenantPlanState = Pick<Tenant, 'plan' | 'planVersion' | 'scheduledPlan'>;

/**
 * The plan at a moment: a scheduled one is the plan from its time on, whether or not anybody has written that down.
 * Whoever holds a tenant for longer than a call, as caches do, asks this anew.
 *
 * @example planInEffect(tenant, new Date()).plan; // 'free', from tenant.scheduledPlan.effectiveAt on
 */
export function planInEffect(
  { plan, planVersion, scheduledPlan }: TenantPlanState,
  at: Date,
): TenantPlanState {
  if (!scheduledPlan || scheduledPlan.effectiveAt > at) return { plan, planVersion, scheduledPlan };
  return { plan: scheduledPlan.plan, planVersion: scheduledPlan.planVersion, scheduledPlan: null };
}

/** The tenant as it is at a moment. */
export function asOf(tenant: Tenant, at: Date): Tenant {
  return { ...tenant, ...planInEffect(tenant, at) };
}

/** Whether both say the same. */
export function samePlan(one: TenantPlanState, other: TenantPlanState): boolean {
  return (
    one.plan === other.plan &&
    one.planVersion === other.planVersion &&
    one.scheduledPlan?.plan === other.scheduledPlan?.plan &&
    one.scheduledPlan?.planVersion === other.scheduledPlan?.planVersion &&
    one.scheduledPlan?.effectiveAt.getTime() === other.scheduledPlan?.effectiveAt.getTime()
  );
}
