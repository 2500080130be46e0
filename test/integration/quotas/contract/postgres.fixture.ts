import { randomUUID } from 'node:crypto';
import { type TenantStatus } from '@parallax/tenant';
import type { GivenQuotaTerms, QuotaStoreFixture } from '@parallax/tenant/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { PostgresQuotaStore } from '../../../../src/tenant/quotas/postgres-quota.store.js';
import type { QuotaCounter } from '../../../../src/tenant/quotas/quota.store.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { eventually } from '../../../support/eventually.js';
import { ON_TEST_TIME, replaceServerClock } from './server-clock.js';

/** Stores in a database of their own, on two pools as two processes have, whose tenants and clock a test sets. */
export class PostgresQuotaFixture implements QuotaStoreFixture {
  private constructor(
    readonly database: TestDatabase,
    readonly admin: pg.Pool,
    private readonly control: DataSource,
    readonly moveTo: (at: Date) => Promise<void>,
  ) {}

  static async open(): Promise<PostgresQuotaFixture> {
    const database = await createTestDatabase();
    const admin = new pg.Pool({ connectionString: database.urls.admin, max: 1 });
    const control = await new DataSource({
      type: 'postgres',
      url: database.urls.control,
      poolSize: 10,
      extra: { options: ON_TEST_TIME },
    }).initialize();
    return new PostgresQuotaFixture(database, admin, control, await replaceServerClock(admin));
  }

  get store(): PostgresQuotaStore {
    return new PostgresQuotaStore(this.control);
  }

  async close(): Promise<void> {
    if (this.control.isInitialized) await this.control.destroy();
    await this.admin.end();
    await this.database.drop();
  }

  /** How often two transactions waited for each other until now; afterwards the store is away. */
  async deadlocks(): Promise<number> {
    await this.control.destroy();
    // A session reports what it counted when it ends, at the latest.
    await eventually('its sessions have ended', async () => {
      const { rows } = await this.admin.query(
        'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      return rows.length === 0;
    });
    const { rows } = await this.admin.query<{ deadlocks: number }>(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return rows[0]!.deadlocks;
  }

  async empty(): Promise<this> {
    await this.admin.query(
      'TRUNCATE tenant_usage, tenant_usage_ledger, quota_reservations, tenant_alerts, tenant_alert_deliveries',
    );
    return this;
  }

  /** On a plan of its own, for its terms to change alone. */
  async addTenant({ periodAnchor }: { periodAnchor: Date }): Promise<string> {
    const id = randomUUID();
    await this.admin.query(
      `WITH plan AS (
         INSERT INTO plans (name, version, price_cents, limits, features) VALUES ($1::text, 1, 0, '{}', '[]'))
       INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
         VALUES ($1::text::uuid, $1, $1, 'active', $1, 1, $2)`,
      [id, periodAnchor],
    );
    return id;
  }

  async setStatus(tenantId: string, status: TenantStatus): Promise<void> {
    await this.admin.query('UPDATE tenants SET status = $2 WHERE id = $1', [tenantId, status]);
  }

  async setTerms(tenantId: string, resource: string, { limit, ...terms }: GivenQuotaTerms): Promise<void> {
    await this.admin.query(
      `UPDATE plans SET limits = limits || jsonb_build_object($2::text, $3::bigint),
         quotas = quotas || jsonb_build_object($2::text, $4::jsonb) WHERE name = $1`,
      [tenantId, resource, limit, terms],
    );
  }

  async distort(
    { tenantId, resource }: QuotaCounter,
    says: { used: number; reserved: number },
  ): Promise<void> {
    await this.admin.query(
      'UPDATE tenant_usage SET used = $3, reserved = $4 WHERE tenant_id = $1 AND resource = $2',
      [tenantId, resource, says.used, says.reserved],
    );
  }

  /** Counters of any period that say something else than their ledger and open reservations. */
  async drift(tenantId: string): Promise<object[]> {
    const { rows } = await this.admin.query<object>(
      `SELECT u.*, l.used AS ledger, r.reserved AS held FROM tenant_usage u
       CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS used FROM tenant_usage_ledger l
         WHERE l.tenant_id = u.tenant_id AND l.resource = u.resource AND l.period_start = u.period_start) l
       CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS reserved FROM quota_reservations r
         WHERE r.tenant_id = u.tenant_id AND r.resource = u.resource AND r.period_start = u.period_start
           AND r.state IN ('reserved', 'in_flight')) r
       WHERE u.tenant_id = $1 AND (u.used, u.reserved) <> (l.used, r.reserved)`,
      [tenantId],
    );
    return rows;
  }
}
