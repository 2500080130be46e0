import { planInEffect, samePlan, type TenantPlanState } from './plan-in-effect.js';

const effectiveAt = new Date('2026-03-01T00:00:00.000Z');
const scheduled: TenantPlanState = {
  plan: 'professional',
  planVersion: 2,
  scheduledPlan: { plan: 'free', planVersion: 1, effectiveAt },
};
const free: TenantPlanState = { plan: 'free', planVersion: 1, scheduledPlan: null };

describe(planInEffect.name, () => {
  it('is the scheduled plan from its time on, and not a millisecond before', () => {
    expect(planInEffect(scheduled, new Date(effectiveAt.getTime() - 1))).toEqual(scheduled);
    expect(planInEffect(scheduled, effectiveAt)).toEqual(free);
    expect(planInEffect(scheduled, new Date(effectiveAt.getTime() + 1))).toEqual(free);
  });

  it('is the plan where none is scheduled', () => {
    expect(planInEffect(free, effectiveAt)).toEqual(free);
  });
});

describe(samePlan.name, () => {
  it.each<[boolean, TenantPlanState]>([
    [
      true,
      { ...scheduled, scheduledPlan: { ...scheduled.scheduledPlan!, effectiveAt: new Date(effectiveAt) } },
    ],
    [false, { ...scheduled, plan: 'starter' }],
    [false, { ...scheduled, planVersion: 1 }],
    [false, { ...scheduled, scheduledPlan: null }],
    [false, { ...scheduled, scheduledPlan: { ...scheduled.scheduledPlan!, plan: 'starter' } }],
    [false, { ...scheduled, scheduledPlan: { ...scheduled.scheduledPlan!, planVersion: 2 } }],
    [false, { ...scheduled, scheduledPlan: { ...scheduled.scheduledPlan!, effectiveAt: new Date(0) } }],
  ])('is %s of %j', (same, other) => {
    expect(samePlan(scheduled, other)).toBe(same);
    expect(samePlan(other, scheduled)).toBe(same);
  });
});
