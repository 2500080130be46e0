import type { QuotaKind } from '../catalog/quota-terms.js';
import type { QuotaDecision, QuotaStatus } from './quota-decision.js';
import type { QuotaState } from './quota.store.js';

export function statusOf(resource: string, kind: QuotaKind, state: QuotaState): QuotaStatus {
  const { limit, used, reserved, periodStart, periodEnd, enforcement, plan } = state;
  return {
    resource,
    kind,
    limit,
    unlimited: limit === null,
    used,
    reserved,
    remaining: limit === null ? null : Math.max(0, limit - used - reserved),
    overage: limit === null ? 0 : Math.max(0, used - limit),
    resetsAt: periodEnd,
    periodStart,
    enforcement,
    plan,
  };
}

export function decisionOf(
  status: QuotaStatus,
  {
    allowed,
    requested,
    replayed = false,
  }: Pick<QuotaDecision, 'allowed' | 'requested'> & { replayed?: boolean },
): QuotaDecision {
  return { ...status, allowed, requested, replayed };
}

/** Whether this much more would be admitted now. */
export function wouldFit({ ceiling, used, reserved }: QuotaState, amount: number): boolean {
  return amount === 0 || ceiling === null || used + reserved + amount <= ceiling;
}
