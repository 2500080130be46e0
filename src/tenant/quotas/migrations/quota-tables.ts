import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { rolesOfMigration } from '../../isolation/migrations/identifiers.js';

/** What a role of the control plane may do with each; tenants' roles may do nothing with any. */
const TABLES = {
  tenant_usage: 'SELECT, INSERT, UPDATE',
  tenant_usage_ledger: 'SELECT, INSERT',
  quota_reservations: 'SELECT, INSERT, UPDATE',
  tenant_alerts: 'SELECT, INSERT, UPDATE',
  tenant_alert_deliveries: 'SELECT, INSERT, UPDATE',
} as const;

/** What sets an allocation's counter right needs: rows of a table may be older than their counter. */
const RECONCILE = 'INSERT (tenant_id, resource, used), UPDATE (used)';

export async function createQuotaTables(queryRunner: QueryRunner): Promise<void> {
  await addColumns(queryRunner);
  // Nothing but the primary key is indexed, and pages have room: an update of the counter touches no index.
  await queryRunner.query(`
    CREATE TABLE tenant_usage (
      tenant_id uuid NOT NULL,
      resource text NOT NULL,
      period_start timestamptz NOT NULL,
      used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
      reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
      would_deny bigint NOT NULL DEFAULT 0,
      refunded bigint NOT NULL DEFAULT 0,
      over_since timestamptz,
      PRIMARY KEY (tenant_id, resource, period_start)
    ) WITH (fillfactor = 50)`);
  await queryRunner.query(`
    CREATE TABLE tenant_usage_ledger (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      tenant_id uuid NOT NULL,
      resource text NOT NULL,
      period_start timestamptz NOT NULL,
      kind text NOT NULL CHECK (kind IN ('batch', 'keyed', 'reserve', 'reservation')),
      amount bigint NOT NULL CHECK (amount >= 0),
      calls integer NOT NULL,
      taken_after bigint NOT NULL,
      idem_key text,
      call text,
      reservation_id uuid,
      at timestamptz NOT NULL
    )`);
  await queryRunner.query(
    'CREATE INDEX tenant_usage_ledger_counter_idx ON tenant_usage_ledger (tenant_id, resource, period_start)',
  );
  await queryRunner.query(
    'CREATE UNIQUE INDEX tenant_usage_ledger_key ON tenant_usage_ledger (tenant_id, idem_key) WHERE idem_key IS NOT NULL',
  );
  await queryRunner.query(`
    CREATE TABLE quota_reservations (
      id uuid PRIMARY KEY,
      tenant_id uuid NOT NULL,
      resource text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('consumption', 'concurrency')),
      period_start timestamptz NOT NULL,
      amount bigint NOT NULL CHECK (amount > 0),
      state text NOT NULL CHECK (state IN ('reserved', 'in_flight', 'committed', 'released', 'expired')),
      charged bigint NOT NULL DEFAULT 0 CHECK (charged BETWEEN 0 AND amount),
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      resolved_at timestamptz
    )`);
  await queryRunner.query(
    'CREATE INDEX quota_reservations_open_idx ON quota_reservations (tenant_id, resource, expires_at) ' +
      `WHERE state IN ('reserved', 'in_flight')`,
  );
  await createAlertTables(queryRunner);
  await grant(queryRunner);
}

export async function dropQuotaTables(queryRunner: QueryRunner): Promise<void> {
  for (const table of Object.keys(TABLES).reverse()) await queryRunner.query(`DROP TABLE ${table}`);
  const { control } = await rolesOfMigration(queryRunner);
  await queryRunner.query(`REVOKE ${RECONCILE} ON tenant_allocations FROM ${pg.escapeIdentifier(control)}`);
  await queryRunner.query('ALTER TABLE tenant_allocations DROP COLUMN would_deny, DROP COLUMN over_since');
  await queryRunner.query(
    'ALTER TABLE tenants DROP COLUMN scheduled_plan, DROP COLUMN scheduled_plan_version, DROP COLUMN scheduled_at',
  );
  await queryRunner.query('ALTER TABLE plans DROP COLUMN quotas');
}

async function addColumns(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`ALTER TABLE plans ADD COLUMN quotas jsonb NOT NULL DEFAULT '{}'`);
  await queryRunner.query(`
    ALTER TABLE tenants
      ADD COLUMN scheduled_plan text,
      ADD COLUMN scheduled_plan_version integer,
      ADD COLUMN scheduled_at timestamptz(3),
      ADD CONSTRAINT tenants_scheduled_plan_check CHECK (
        (scheduled_plan IS NULL) = (scheduled_plan_version IS NULL) AND (scheduled_plan IS NULL) = (scheduled_at IS NULL)),
      ADD FOREIGN KEY (scheduled_plan, scheduled_plan_version) REFERENCES plans (name, version)`);
  await queryRunner.query(
    'CREATE INDEX tenants_scheduled_idx ON tenants (scheduled_at) WHERE scheduled_at IS NOT NULL',
  );
  await queryRunner.query(
    'ALTER TABLE tenant_allocations ADD COLUMN would_deny bigint NOT NULL DEFAULT 0, ADD COLUMN over_since timestamptz',
  );
}

async function createAlertTables(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE TABLE tenant_alerts (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      tenant_id uuid NOT NULL,
      rule text NOT NULL CHECK (rule IN ('plan_limit_approaching', 'quota_exceeded')),
      resource text NOT NULL,
      period_start timestamptz NOT NULL,
      limit_value bigint NOT NULL,
      threshold integer NOT NULL,
      used bigint NOT NULL,
      plan text NOT NULL,
      deliver boolean NOT NULL,
      raised_at timestamptz(3) NOT NULL,
      enqueued_at timestamptz,
      UNIQUE (tenant_id, rule, resource, period_start, limit_value, threshold)
    )`);
  await queryRunner.query(
    'CREATE INDEX tenant_alerts_new_idx ON tenant_alerts (raised_at) WHERE enqueued_at IS NULL',
  );
  await queryRunner.query('CREATE INDEX tenant_alerts_raised_idx ON tenant_alerts (raised_at DESC, id DESC)');
  await queryRunner.query(`
    CREATE TABLE tenant_alert_deliveries (
      alert_id uuid NOT NULL REFERENCES tenant_alerts (id),
      channel text NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz NOT NULL,
      leased_until timestamptz,
      delivered_at timestamptz,
      failed_at timestamptz,
      last_error text,
      PRIMARY KEY (alert_id, channel)
    )`);
  await queryRunner.query(
    'CREATE INDEX tenant_alert_deliveries_due_idx ON tenant_alert_deliveries (next_attempt_at) ' +
      'WHERE delivered_at IS NULL AND failed_at IS NULL',
  );
}

async function grant(queryRunner: QueryRunner): Promise<void> {
  const { control } = await rolesOfMigration(queryRunner);
  for (const [table, privileges] of Object.entries(TABLES)) {
    await queryRunner.query(`GRANT ${privileges} ON ${table} TO ${pg.escapeIdentifier(control)}`);
  }
  await queryRunner.query(`GRANT ${RECONCILE} ON tenant_allocations TO ${pg.escapeIdentifier(control)}`);
}
