import type { Alert, AlertRule } from '../alert.js';

/** The JSON a webhook gets. Moments are ISO 8601 in UTC. */
export interface AlertNotification {
  /** The alert's. The same id again is the same alert again. */
  readonly id: string;
  readonly type: `tenant.${AlertRule}`;
  readonly tenantId: string;
  readonly resource: string;
  /** Percent of the limit. */
  readonly threshold: number;
  readonly limit: number;
  /** Units or calls, as `Alert.used` says. */
  readonly used: number;
  /** When the billing period, the hour or the cool-down began that it was raised in; null where there is none. */
  readonly periodStart: string | null;
  readonly plan: string;
  readonly raisedAt: string;
}

/**
 * What a webhook is told of an alert.
 *
 * @example
 * new WebhookAlertChannel({ url, secrets, present: (alert) => ({ ...alertNotification(alert), region: 'eu' }) });
 */
export function alertNotification(alert: Alert): AlertNotification {
  const { id, rule, tenantId, resource, threshold, limit, used, periodStart, plan, raisedAt } = alert;
  return {
    id,
    type: `tenant.${rule}`,
    tenantId,
    resource,
    threshold,
    limit,
    used,
    periodStart: periodStart?.toISOString() ?? null,
    plan,
    raisedAt: raisedAt.toISOString(),
  };
}
