import type { DataSource } from 'typeorm';
import { isCanonicalTenantId } from '../context/tenant-id.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { NotFoundError } from '../errors/request.errors.js';
import type { Alert, AlertRule } from './alert.js';
import { ALERT_COLUMNS, type AlertRow, toAlert } from './alert-row.js';

/** Where one alert stands with one channel. */
export interface AlertDelivery {
  readonly channel: string;
  /** `failed`: given up; `redeliver` begins again. */
  readonly state: 'pending' | 'delivered' | 'failed';
  /** Attempts begun so far. */
  readonly attempts: number;
  /** Before it no attempt is made; null unless pending. */
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly failedAt: Date | null;
  /** Why the last attempt that failed did, in a sentence without secrets. */
  readonly lastError: string | null;
}

/** An alert and its way out. */
export interface DeliveredAlert extends Alert {
  /**
   * By name of the channel. None until a dispatcher took the alert up, and none where one use crossed several
   * thresholds: then the highest is delivered for all.
   */
  readonly deliveries: readonly AlertDelivery[];
}

/** Which alerts to list, one page at a time. */
export interface AlertFilter {
  /** At most this many. */
  readonly limit: number;
  /** Only alerts that come after this one, newest first. */
  readonly after?: Pick<Alert, 'raisedAt' | 'id'>;
  /** uuid */
  readonly tenantId?: string;
  readonly rule?: AlertRule;
}

interface DeliveryRow {
  readonly channel: string;
  readonly attempts: number;
  readonly next_attempt_at: string;
  readonly delivered_at: string | null;
  readonly failed_at: string | null;
  readonly last_error: string | null;
}

/**
 * The alerts of all tenants, for operators. Reads the control plane, so no tenant's scope is needed.
 *
 * @example
 * const [latest] = await alerts.list({ tenantId, limit: 1 });
 */
export class AlertService {
  readonly #controlPlane: DataSource | undefined;

  /** @param controlPlane what TenantModule has as `controlPlane`; without, every call throws a ConfigurationError */
  constructor(controlPlane: DataSource | undefined) {
    this.#controlPlane = controlPlane;
  }

  /**
   * Newest first.
   *
   * @example
   * const page = await alerts.list({ rule: 'quota_exceeded', limit: 50 });
   * const next = await alerts.list({ rule: 'quota_exceeded', limit: 50, after: page.at(-1) });
   */
  async list({ limit, after, tenantId, rule }: AlertFilter): Promise<DeliveredAlert[]> {
    if (tenantId !== undefined && !isCanonicalTenantId(tenantId)) return [];
    const values: unknown[] = [limit];
    const value = (given: unknown): string => `$${values.push(given)}`;
    const conditions = [
      ...(tenantId === undefined ? [] : [`a.tenant_id = ${value(tenantId)}`]),
      ...(rule === undefined ? [] : [`a.rule = ${value(rule)}`]),
      ...(after === undefined
        ? []
        : [`(a.raised_at, a.id) < (${value(after.raisedAt)}, ${value(after.id)})`]),
    ];
    const rows = await this.#database.query<(AlertRow & { deliveries: DeliveryRow[] })[]>(
      `SELECT ${ALERT_COLUMNS}, (
         SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.channel), '[]')
         FROM tenant_alert_deliveries d WHERE d.alert_id = a.id) AS deliveries
       FROM tenant_alerts a ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY a.raised_at DESC, a.id DESC LIMIT $1`,
      values,
    );
    return rows.map((row) => ({ ...toAlert(row), deliveries: row.deliveries.map(toDelivery) }));
  }

  /**
   * Begins again what was given up, with as many attempts as at first.
   *
   * @param channel only this one's; left out, those of all channels
   * @returns the names of the channels it is delivered to again; what was not given up is left alone
   * @throws NotFoundError when there is no such alert
   * @example
   * await alerts.redeliver(alert.id, 'webhook'); // ['webhook']
   */
  async redeliver(alertId: string, channel?: string): Promise<string[]> {
    if (!isCanonicalTenantId(alertId)) throw new NotFoundError('alert');
    const rows = await this.#database.query<{ channel: string | null }[]>(
      `WITH again AS (
         UPDATE tenant_alert_deliveries SET failed_at = NULL, attempts = 0, next_attempt_at = clock_timestamp()
         WHERE alert_id = $1 AND failed_at IS NOT NULL AND channel = coalesce($2, channel)
         RETURNING channel
       )
       SELECT again.channel FROM tenant_alerts a LEFT JOIN again ON true WHERE a.id = $1 ORDER BY again.channel`,
      [alertId, channel ?? null],
    );
    if (rows.length === 0) throw new NotFoundError('alert');
    return rows.flatMap((row) => row.channel ?? []);
  }

  get #database(): DataSource {
    if (!this.#controlPlane) {
      throw new ConfigurationError('AlertService needs the option `controlPlane` of TenantModule.');
    }
    return this.#controlPlane;
  }
}

function toDelivery(row: DeliveryRow): AlertDelivery {
  const state = row.delivered_at ? 'delivered' : row.failed_at ? 'failed' : 'pending';
  return {
    channel: row.channel,
    state,
    attempts: row.attempts,
    nextAttemptAt: state === 'pending' ? new Date(row.next_attempt_at) : null,
    deliveredAt: toDate(row.delivered_at),
    failedAt: toDate(row.failed_at),
    lastError: row.last_error,
  };
}

function toDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
