/** From `start` up to, and without, `end`. */
export interface BillingPeriod {
  readonly start: Date;
  readonly end: Date;
}

/**
 * The month a tenant is billed by at a moment, in UTC. The k-th boundary is k months from the anchor, never from
 * the boundary before: anchored to a 31st, a period starts on the last day of a shorter month and on the 31st again
 * after it.
 *
 * @param anchor when the tenant's subscription started; also of moments before it.
 * @example
 * billingPeriod(new Date('2026-01-31T10:00Z'), new Date('2026-03-01T00:00Z'));
 * // from 2026-02-28T10:00Z to 2026-03-31T10:00Z
 */
export function billingPeriod(anchor: Date, at: Date): BillingPeriod {
  const months =
    (at.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + at.getUTCMonth() - anchor.getUTCMonth();
  const k = boundary(anchor, months) > at ? months - 1 : months;
  return { start: boundary(anchor, k), end: boundary(anchor, k + 1) };
}

function boundary(anchor: Date, months: number): Date {
  const date = new Date(anchor);
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const daysOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(anchor.getUTCDate(), daysOfMonth));
  return date;
}
