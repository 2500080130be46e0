import type { Alert, AlertRule } from './alert.js';

/** An alert's columns of `tenant_alerts a`; those that hold whole numbers arrive as text. */
export const ALERT_COLUMNS = `a.id, a.rule, a.tenant_id, a.resource, a.threshold, a.limit_value, a.used, a.plan,
  a.raised_at, CASE WHEN isfinite(a.period_start) THEN a.period_start END AS period_start`;

export interface AlertRow {
  readonly id: string;
  readonly rule: AlertRule;
  readonly tenant_id: string;
  readonly resource: string;
  readonly threshold: number;
  readonly limit_value: string;
  readonly used: string;
  readonly plan: string;
  readonly raised_at: Date;
  readonly period_start: Date | null;
}

export function toAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    rule: row.rule,
    tenantId: row.tenant_id,
    resource: row.resource,
    threshold: row.threshold,
    limit: Number(row.limit_value),
    used: Number(row.used),
    periodStart: row.period_start,
    plan: row.plan,
    raisedAt: row.raised_at,
  };
}
