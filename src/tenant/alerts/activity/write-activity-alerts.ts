import type { DataSource } from 'typeorm';
import { ALERT_KEY } from '../alert-key.js';
import type { ActivityAlert } from './activity-alert.js';

/**
 * Writes those of tenants there are, in one statement. Of one that is there already the calls refused by a rate limit
 * are added; the rest of it stays, and it is not delivered again. Always in the same order, so that processes that
 * write at once wait for each other and never in a circle.
 */
export async function writeActivityAlerts(
  controlPlane: DataSource,
  alerts: readonly ActivityAlert[],
): Promise<void> {
  await controlPlane.query(
    `INSERT INTO tenant_alerts AS a
       (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
     SELECT n.tenant_id, n.rule, n.resource, n.period_start, n.limit_value, 100, n.used,
       CASE WHEN t.scheduled_at <= now() THEN t.scheduled_plan ELSE t.plan END, true, now()
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[])
       AS n (tenant_id, rule, resource, period_start, limit_value, used)
     JOIN tenants t ON t.id = n.tenant_id
     ORDER BY n.tenant_id, n.rule, n.resource COLLATE "C", n.period_start
     ON CONFLICT (${ALERT_KEY}) DO UPDATE SET used = a.used + excluded.used
       WHERE excluded.rule = 'rate_limit_exceeded'`,
    [
      alerts.map(({ tenantId }) => tenantId),
      alerts.map(({ rule }) => rule),
      alerts.map(({ resource }) => resource),
      alerts.map(({ periodStart }) => new Date(periodStart).toISOString()),
      alerts.map(({ limit }) => limit),
      alerts.map(({ used }) => used),
    ],
  );
}
