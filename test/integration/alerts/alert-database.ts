import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { AlertRule } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/** A delivery as the table has it. */
export interface StoredDelivery {
  readonly channel: string;
  readonly attempts: number;
  readonly delivered: boolean;
  readonly failed: boolean;
  readonly leased: boolean;
  readonly due: boolean;
  readonly last_error: string | null;
}

interface RaisedAlert {
  readonly id?: string;
  readonly tenantId?: string;
  readonly rule?: AlertRule;
  readonly resource?: string;
  readonly periodStart?: string;
  readonly threshold?: number;
  readonly deliver?: boolean;
  readonly raisedAt?: string;
}

/** The control plane of a suite, and what only the superuser could do to it. */
export class AlertDatabase {
  readonly #opened: DataSource[] = [];

  private constructor(readonly database: TestDatabase) {}

  static async create(): Promise<AlertDatabase> {
    return new AlertDatabase(await createTestDatabase());
  }

  /** A connection pool of the control plane's role, as each process has one. */
  async connect(poolSize = 2, url = this.database.urls.control): Promise<DataSource> {
    const dataSource = await new DataSource({
      type: 'postgres',
      url,
      poolSize,
      installExtensions: false,
    }).initialize();
    this.#opened.push(dataSource);
    return dataSource;
  }

  /** @returns its id */
  async addTenant(): Promise<string> {
    const id = randomUUID();
    await this.database.query(
      `INSERT INTO plans (name, version, price_cents, limits, features)
       SELECT name, 1, 0, '{}', '[]' FROM unnest('{free,pro}'::text[]) AS name ON CONFLICT DO NOTHING`,
    );
    await this.database.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES ($1, 'A tenant', $2, 'active', 'free', 1, now())`,
      [id, `t-${id}`],
    );
    return id;
  }

  /** As a crossing writes it. @returns its id */
  async raise({
    id = randomUUID(),
    tenantId = randomUUID(),
    rule = 'quota_exceeded',
    resource = 'maxExecutions',
    periodStart = '2026-01-31T10:00:00Z',
    threshold = 100,
    deliver = true,
    raisedAt = new Date().toISOString(),
  }: RaisedAlert = {}): Promise<string> {
    await this.database.query(
      `INSERT INTO tenant_alerts
         (id, tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
       VALUES ($1, $2, $3, $4, $5, 1000, $6, 1000, 'free', $7, $8)`,
      [id, tenantId, rule, resource, periodStart, threshold, deliver, raisedAt],
    );
    return id;
  }

  /** Many at once, a day apart, in no order; the resource says which day. @returns their ids */
  async raiseMany(count: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `INSERT INTO tenant_alerts
         (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
       SELECT gen_random_uuid(), 'quota_exceeded', day, '-infinity', 1000, 100, 1000, 'free', true,
         '2026-01-01'::timestamptz + day * interval '1 day'
       FROM generate_series(0, $1 - 1) AS day ORDER BY random() RETURNING id`,
      [count],
    );
    return rows.map(({ id }) => id);
  }

  /** How many deliveries are not done. */
  async undone(): Promise<number> {
    const [row] = await this.database.query<{ undone: number }>(
      `SELECT count(*)::integer AS undone FROM tenant_alerts a LEFT JOIN tenant_alert_deliveries d ON d.alert_id = a.id
       WHERE delivered_at IS NULL`,
    );
    return row?.undone ?? 0;
  }

  deliveries(alertId: string): Promise<StoredDelivery[]> {
    return this.database.query<StoredDelivery & Record<string, unknown>>(
      `SELECT channel, attempts, delivered_at IS NOT NULL AS delivered, failed_at IS NOT NULL AS failed,
         coalesce(leased_until > clock_timestamp(), false) AS leased, next_attempt_at <= clock_timestamp() AS due,
         last_error
       FROM tenant_alert_deliveries WHERE alert_id = $1 ORDER BY channel`,
      [alertId],
    );
  }

  /** As if the time had come. */
  async makeDue(): Promise<void> {
    await this.database.query(
      'UPDATE tenant_alert_deliveries SET next_attempt_at = clock_timestamp() WHERE leased_until IS NULL',
    );
  }

  /** As if the time of every lease had passed. */
  async endLeases(): Promise<void> {
    await this.database.query(
      'UPDATE tenant_alert_deliveries SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL',
    );
  }

  async clear(): Promise<void> {
    await this.database.query('TRUNCATE tenant_alerts, tenant_alert_deliveries');
  }

  async drop(): Promise<void> {
    for (const dataSource of this.#opened) if (dataSource.isInitialized) await dataSource.destroy();
    await this.database.drop();
  }
}
