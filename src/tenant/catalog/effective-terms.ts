import type { LimitValue } from './plan-definition.js';
import type { EffectiveQuotaTerms, QuotaKind, QuotaTerms } from './quota-terms.js';

const ALERT_AT: readonly number[] = [80, 100];
const REFUNDED_SHARE = 10;

/**
 * The terms with their defaults.
 *
 * @param value the effective limit: a default may be a share of it.
 */
export function effectiveTerms(
  { enforcement = 'hard', overageCap, graceDays = 0, alertAt = ALERT_AT, refundCap }: QuotaTerms,
  kind: QuotaKind,
  value: LimitValue,
): EffectiveQuotaTerms {
  return {
    enforcement,
    overageCap: enforcement === 'soft' ? (overageCap ?? null) : 0,
    graceDays,
    alertAt,
    refundCap: kind === 'consumption' ? (refundCap ?? shareOf(value)) : 0,
  };
}

function shareOf(value: LimitValue): LimitValue {
  return value === null ? null : Math.ceil(value / REFUNDED_SHARE);
}

/**
 * How many units there may be in all; null is any number. Within the days of grace, which the first unit over the
 * limit begins, there is no end to them.
 *
 * @param graceUntil when those days end; undefined as long as use is not over the limit.
 * @example
 * quotaCeiling(plans.quotaTerms('pro', 1, 'maxAgents'), 10, undefined, new Date()); // 10, when hard
 */
export function quotaCeiling(
  { enforcement, overageCap }: Pick<EffectiveQuotaTerms, 'enforcement' | 'overageCap'>,
  value: LimitValue,
  graceUntil: Date | undefined,
  at: Date,
): LimitValue {
  if (value === null) return null;
  switch (enforcement) {
    case 'hard':
      return value;
    case 'soft':
      return overageCap === null ? null : value + overageCap;
    case 'grace':
      return graceUntil && at >= graceUntil ? value : null;
    case 'shadow':
      return null;
  }
}
