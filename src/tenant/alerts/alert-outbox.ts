import type { DataSource } from 'typeorm';
import type { Alert } from './alert.js';
import { ALERT_COLUMNS, type AlertRow, toAlert } from './alert-row.js';

/** One alert on its way to one channel, ours until the lease ends. */
export interface ClaimedDelivery {
  readonly channel: string;
  readonly alert: Alert;
  /** Counts from 1; with it a later claim is told from this one. */
  readonly attempt: number;
}

/** What became of a delivery that did not succeed. */
export interface FailedDelivery {
  readonly reason: string;
  readonly retryInMs: number;
  /** Whether this was the last attempt. */
  readonly gaveUp: boolean;
}

/**
 * The alerts that are still to be delivered, as the database has them. Every call is one statement and so one
 * transaction, and the database's clock decides what is due: processes need not agree on the time.
 */
export class AlertOutbox {
  constructor(private readonly controlPlane: DataSource) {}

  /** Makes deliveries of new alerts, oldest first. @returns how many alerts there were */
  async enqueue(channels: readonly string[], limit: number): Promise<number> {
    const rows = await this.controlPlane.query<unknown[]>(
      `WITH fresh AS (
         SELECT id, deliver FROM tenant_alerts WHERE enqueued_at IS NULL
         ORDER BY raised_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ), deliveries AS (
         INSERT INTO tenant_alert_deliveries (alert_id, channel, next_attempt_at)
         SELECT fresh.id, channel, now() FROM fresh CROSS JOIN unnest($1::text[]) AS channel WHERE fresh.deliver
       ), enqueued AS (
         UPDATE tenant_alerts a SET enqueued_at = now() FROM fresh WHERE a.id = fresh.id RETURNING a.id
       )
       SELECT id FROM enqueued`,
      [channels, limit],
    );
    return rows.length;
  }

  /** Leases what is due and nobody else has, oldest first. */
  async claim(channels: readonly string[], limit: number, leaseMs: number): Promise<ClaimedDelivery[]> {
    const rows = await this.controlPlane.query<(AlertRow & { channel: string; attempts: number })[]>(
      `WITH due AS (
         SELECT d.alert_id, d.channel FROM tenant_alert_deliveries d JOIN tenant_alerts a ON a.id = d.alert_id
         WHERE d.channel = ANY ($1) AND d.delivered_at IS NULL AND d.failed_at IS NULL
           AND d.next_attempt_at <= clock_timestamp()
           AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
         ORDER BY d.next_attempt_at, a.raised_at, a.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED
       ), claimed AS (
         UPDATE tenant_alert_deliveries d
         SET attempts = d.attempts + 1, leased_until = clock_timestamp() + $3 * interval '1 millisecond'
         FROM due WHERE d.alert_id = due.alert_id AND d.channel = due.channel
         RETURNING d.alert_id, d.channel, d.attempts, d.next_attempt_at
       )
       SELECT c.channel, c.attempts, ${ALERT_COLUMNS} FROM claimed c JOIN tenant_alerts a ON a.id = c.alert_id
       ORDER BY c.next_attempt_at, a.raised_at, a.id`,
      [channels, limit, leaseMs],
    );
    return rows.map((row) => ({ channel: row.channel, attempt: row.attempts, alert: toAlert(row) }));
  }

  /** Also after the lease has ended: the receiver has it, whoever holds the lease now. */
  async delivered({ alert, channel }: ClaimedDelivery): Promise<void> {
    await this.controlPlane.query(
      `UPDATE tenant_alert_deliveries SET delivered_at = clock_timestamp(), failed_at = NULL, leased_until = NULL
       WHERE alert_id = $1 AND channel = $2 AND delivered_at IS NULL`,
      [alert.id, channel],
    );
  }

  /** @returns false when it was claimed again meanwhile, and is another's to tell of */
  async failed({ alert, channel, attempt }: ClaimedDelivery, failure: FailedDelivery): Promise<boolean> {
    const [, updated] = await this.controlPlane.query<[unknown[], number]>(
      `UPDATE tenant_alert_deliveries
       SET leased_until = NULL, last_error = $4, failed_at = CASE WHEN $6 THEN clock_timestamp() END,
         next_attempt_at = clock_timestamp() + $5 * interval '1 millisecond'
       WHERE alert_id = $1 AND channel = $2 AND attempts = $3 AND delivered_at IS NULL`,
      [alert.id, channel, attempt, failure.reason, failure.retryInMs, failure.gaveUp],
    );
    return updated > 0;
  }
}
