/**
 * Something about a tenant that operators are told of: a limit or a threshold of one was reached, calls were refused
 * by a rate limit, or what it did is suspicious. Told by the process that delivers alerts, at least once and after a
 * crash again: `alertId` tells it from others.
 */
export interface TenantAlertEvent {
  /** uuid */
  readonly alertId: string;
  /** uuid */
  readonly tenantId: string;
  readonly rule: 'plan_limit_approaching' | 'quota_exceeded' | 'rate_limit_exceeded' | 'suspicious_activity';
  /** The name of the limit, or of what is suspicious: `maxExecutions`, `denials`. */
  readonly resource: string;
  /** Percent of the limit. */
  readonly threshold: number;
  readonly limit: number;
  /** What `Alert.used` says: units used, or calls. */
  readonly used: number;
  /** When the billing period, the hour or the cool-down began that it was raised in; null where there is none. */
  readonly periodStart: Date | null;
  /** When it was raised. */
  readonly at: Date;
}
