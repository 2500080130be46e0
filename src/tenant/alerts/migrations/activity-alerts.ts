import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ALERT_KEY } from '../alert-key.js';

const CROSSINGS = `'plan_limit_approaching', 'quota_exceeded'`;
const ACTIVITY = `'rate_limit_exceeded', 'suspicious_activity'`;
const CROSSING_KEY = 'UNIQUE (tenant_id, rule, resource, period_start, limit_value, threshold)';

/**
 * Lets `tenant_alerts` hold what tenants did beside what they used: calls that rate limits refused, and suspicious
 * activity. It takes the table for as long as an index on it takes to build.
 *
 * @example
 * async up(queryRunner: QueryRunner): Promise<void> {
 *   await createQuotas(queryRunner); // in this migration, or in an earlier one
 *   await createActivityAlerts(queryRunner);
 * }
 */
export async function createActivityAlerts(queryRunner: QueryRunner): Promise<void> {
  const [key] = (await queryRunner.query(
    `SELECT conname AS name FROM pg_constraint WHERE conrelid = 'tenant_alerts'::regclass AND contype = 'u'`,
  )) as [{ name: string }];
  await queryRunner.query(`ALTER TABLE tenant_alerts DROP CONSTRAINT ${pg.escapeIdentifier(key.name)}`);
  await queryRunner.query(`CREATE UNIQUE INDEX tenant_alerts_key ON tenant_alerts (${ALERT_KEY})`);
  await allowRules(queryRunner, `${CROSSINGS}, ${ACTIVITY}`);
}

/**
 * The reverse of {@link createActivityAlerts}: alerts of what tenants did are gone, and their deliveries.
 *
 * @example
 * await dropActivityAlerts(queryRunner);
 */
export async function dropActivityAlerts(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(
    `DELETE FROM tenant_alert_deliveries d USING tenant_alerts a WHERE a.id = d.alert_id AND a.rule IN (${ACTIVITY})`,
  );
  await queryRunner.query(`DELETE FROM tenant_alerts WHERE rule IN (${ACTIVITY})`);
  await allowRules(queryRunner, CROSSINGS);
  await queryRunner.query('DROP INDEX tenant_alerts_key');
  await queryRunner.query(`ALTER TABLE tenant_alerts ADD ${CROSSING_KEY}`);
}

async function allowRules(queryRunner: QueryRunner, rules: string): Promise<void> {
  await queryRunner.query(`
    ALTER TABLE tenant_alerts DROP CONSTRAINT tenant_alerts_rule_check,
      ADD CONSTRAINT tenant_alerts_rule_check CHECK (rule IN (${rules}))`);
}
