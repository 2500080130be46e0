/**
 * What an alert says: `plan_limit_approaching` that usage reached a threshold below the limit, `quota_exceeded` that it
 * reached the limit or a threshold above it, `rate_limit_exceeded` that calls were refused by a rate limit,
 * `suspicious_activity` that more came from a tenant than is usual of something that attackers do.
 */
export type AlertRule =
  'plan_limit_approaching' | 'quota_exceeded' | 'rate_limit_exceeded' | 'suspicious_activity';

/**
 * What operators are told of one tenant. A crossing of a threshold is recorded in the transaction of the use that
 * crossed it, once for each period and limit. Refusals by a rate limit are one alert for each policy and hour, and
 * suspicious activity one for each rule and cool-down. None is changed later, but for `used` of refusals.
 */
export interface Alert {
  /** uuid. The same at every delivery, so that whoever gets it twice can tell. */
  readonly id: string;
  readonly rule: AlertRule;
  /** uuid */
  readonly tenantId: string;
  /** The name of the limit, of the policy, or of what is suspicious: `maxExecutions`, `apiRequests`, `denials`. */
  readonly resource: string;
  /** Percent of the limit that was reached; 100 of what is no crossing. */
  readonly threshold: number;
  /**
   * The effective limit, in units of the resource. Of a rate limit that in force at the hour's first refusal, of
   * suspicious activity from how much on it is.
   */
  readonly limit: number;
  /**
   * Units used right after the use that crossed the threshold. Of a rate limit the calls it refused in this hour so
   * far, of suspicious activity how much there was of it.
   */
  readonly used: number;
  /** When the billing period, the hour or the cool-down began that it was raised in; null where there is none. */
  readonly periodStart: Date | null;
  /** The plan the limit was taken from; where it was none of a plan, the tenant's. */
  readonly plan: string;
  readonly raisedAt: Date;
}
