import type { QuotaKind } from '../catalog/quota-terms.js';
import type { QuotaDecision, QuotaStatus } from './quota-decision.js';
import type { QuotaState } from './quota.store.js';

/** Of callers who went in one statement: they share its state. */
const statuses = new WeakMap<QuotaState, QuotaStatus>();

export function statusOf(resource: string, kind: QuotaKind, state: QuotaState): QuotaStatus {
  const known = statuses.get(state);
  if (known?.resource === resource) return known;
  const { limit, used, reserved, wouldDeny, periodStart, periodEnd, enforcement, plan } = state;
  const status: QuotaStatus = {
    resource,
    kind,
    limit,
    unlimited: limit === null,
    used,
    reserved,
    remaining: limit === null ? null : Math.max(0, limit - used - reserved),
    overage: limit === null ? 0 : Math.max(0, used - limit),
    wouldDeny,
    resetsAt: periodEnd,
    periodStart,
    enforcement,
    plan,
  };
  statuses.set(state, status);
  return status;
}

/** Field by field: on a hot counter spreading is what costs most. */
export function decisionOf(
  status: QuotaStatus,
  allowed: boolean,
  requested: number,
  replayed = false,
): QuotaDecision {
  return {
    resource: status.resource,
    kind: status.kind,
    limit: status.limit,
    unlimited: status.unlimited,
    used: status.used,
    reserved: status.reserved,
    remaining: status.remaining,
    overage: status.overage,
    wouldDeny: status.wouldDeny,
    resetsAt: status.resetsAt,
    periodStart: status.periodStart,
    enforcement: status.enforcement,
    plan: status.plan,
    allowed,
    requested,
    replayed,
  };
}

/** Whether this much more would be admitted now. */
export function wouldFit({ ceiling, used, reserved }: QuotaState, amount: number): boolean {
  return amount === 0 || ceiling === null || used + reserved + amount <= ceiling;
}
