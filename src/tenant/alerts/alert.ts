/**
 * What an alert says: `plan_limit_approaching` that usage reached a threshold below the limit, `quota_exceeded` that it
 * reached the limit or a threshold above it.
 */
export type AlertRule = 'plan_limit_approaching' | 'quota_exceeded';

/**
 * One crossing of one threshold by one tenant. It is recorded in the transaction of the use that crossed it, once for
 * each period and limit, and is never changed.
 */
export interface Alert {
  /** uuid. The same at every delivery, so that whoever gets it twice can tell. */
  readonly id: string;
  readonly rule: AlertRule;
  /** uuid */
  readonly tenantId: string;
  /** The name of the limit: `maxExecutions`. */
  readonly resource: string;
  /** Percent of the limit that was reached. */
  readonly threshold: number;
  /** The effective limit, in units of the resource. */
  readonly limit: number;
  /** Units used right after the use that crossed the threshold. */
  readonly used: number;
  /** When the billing period began that it was raised in; null where there is none. */
  readonly periodStart: Date | null;
  /** The plan the limit was taken from. */
  readonly plan: string;
  readonly raisedAt: Date;
}
