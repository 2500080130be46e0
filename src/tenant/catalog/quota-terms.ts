/**
 * What a limit counts. `allocation`: what exists now (agents, stored bytes). `consumption`: what was used in the
 * billing period. `concurrency`: what is under way at once. `rate`: what was used in a short window. A limit of no
 * kind is a value that is read and not counted, such as days of retention.
 */
export type QuotaKind = 'allocation' | 'consumption' | 'concurrency' | 'rate';

/**
 * What happens at the limit. `hard`: one more is refused. `soft`: it is allowed and counted as overage, up to
 * `overageCap`. `grace`: it is allowed for `graceDays` from the first unit over the limit, then refused. `shadow`: it
 * is allowed, and what would have been refused is counted.
 */
export type Enforcement = 'hard' | 'soft' | 'grace' | 'shadow';

/** How one plan version holds its tenants to a counted limit. Whatever is left out has the default of `quotaTerms`. */
export interface QuotaTerms {
  /** Default `hard`. */
  readonly enforcement?: Enforcement;
  /** Of `soft` only: the units over the limit that are allowed; left out, there is no cap. */
  readonly overageCap?: number;
  /** Of `grace`, which needs it: whole days. */
  readonly graceDays?: number;
  /** Percents of the limit that raise an alert, rising, each from 1 to 1000. Default 80 and 100. */
  readonly alertAt?: readonly number[];
  /**
   * Of consumption: the units that failed work gives back in one billing period. Default a tenth of the limit, rounded
   * up.
   */
  readonly refundCap?: number;
}

/** The terms in effect, nothing left out. */
export interface EffectiveQuotaTerms {
  readonly enforcement: Enforcement;
  /** Units over the limit; null is no cap. Zero unless `soft`. */
  readonly overageCap: number | null;
  /** Zero unless `grace`. */
  readonly graceDays: number;
  readonly alertAt: readonly number[];
  /** Units per billing period; null is no cap, which only an unlimited limit has. */
  readonly refundCap: number | null;
}
