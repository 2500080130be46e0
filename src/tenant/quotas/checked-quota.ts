/** Of a method: a list, one for each decorator, the uppermost first. */
export const CHECKED_QUOTAS = '@parallax/tenant:checked-quotas';

/** One `@CheckQuota` of a method. */
export interface CheckedQuota {
  /** The name of the limit. */
  readonly limit: string;
  /** Units of one call, by its arguments. */
  readonly amount: (...args: never) => number;
  /** Whether a failed call gives its units back. */
  readonly refundOn: (error: unknown) => boolean;
  readonly ttlSeconds: number;
}
