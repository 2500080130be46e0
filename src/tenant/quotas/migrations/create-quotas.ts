import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { allocationFunction as plainAllocationFunction } from '../../isolation/migrations/allocation-limits.js';
import { rolesOfMigration, schemaOfMigration } from '../../isolation/migrations/identifiers.js';
import { allocationFunction } from './allocation.function.js';
import { limitsChangedFunction, limitsChangedTrigger } from './limits-changed.function.js';
import { quotaApplyFunction } from './quota-apply.function.js';
import { quotaReadFunctions } from './quota-read.functions.js';
import { quotaResolveFunction } from './quota-resolve.function.js';
import { createQuotaTables, dropQuotaTables } from './quota-tables.js';
import { quotaTermsFunctions } from './quota-terms.functions.js';
import { quotaTogetherFunction } from './quota-together.function.js';

const functionsOf = (schema: string): readonly string[] => [
  ...quotaTermsFunctions(schema),
  quotaResolveFunction(schema),
  quotaApplyFunction(schema),
  quotaTogetherFunction(schema),
  ...quotaReadFunctions(schema),
  limitsChangedFunction(schema),
];

/**
 * Creates what quotas, scheduled changes of plans and alerts need: counters and their ledger, reservations, alerts
 * and their deliveries, columns of `plans` and `tenants`, and the functions that count. Only the control plane's
 * role may call those; tenants' roles reach none of it. Limits of rows already enforced are counted by the
 * enforcement of the plan from now on, and raise alerts.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * async up(queryRunner: QueryRunner): Promise<void> {
 *   await createControlPlane(queryRunner); // in this migration, or in an earlier one
 *   await createQuotas(queryRunner);
 * }
 */
export async function createQuotas(queryRunner: QueryRunner): Promise<void> {
  const { control } = await rolesOfMigration(queryRunner);
  const schema = await schemaOfMigration(queryRunner);
  await createQuotaTables(queryRunner);
  for (const definition of functionsOf(schema)) {
    await queryRunner.query(definition);
    const name = nameOf(definition);
    await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    await queryRunner.query(`GRANT EXECUTE ON FUNCTION ${name} TO ${pg.escapeIdentifier(control)}`);
  }
  await queryRunner.query(allocationFunction(schema));
  await queryRunner.query(limitsChangedTrigger);
}

/**
 * The reverse of {@link createQuotas}: usage, reservations, scheduled changes of plans and alerts are gone, and
 * allocation limits are held as before it, refusing at the limit. Triggers that count the units of a column go first.
 *
 * @throws ConfigurationError when such a trigger is there: it would count each row as one
 * @example
 * await dropQuotas(queryRunner);
 */
export async function dropQuotas(queryRunner: QueryRunner): Promise<void> {
  await refuseCountedColumns(queryRunner);
  const schema = await schemaOfMigration(queryRunner);
  await queryRunner.query(plainAllocationFunction(schema));
  await queryRunner.query('DROP TRIGGER tenant_limits_changed ON tenants');
  for (const definition of [...functionsOf(schema)].reverse()) {
    await queryRunner.query(`DROP FUNCTION ${nameOf(definition)}`);
  }
  await dropQuotaTables(queryRunner);
}

const nameOf = (definition: string): string => /\.(\w+)\(/.exec(definition)?.[1] ?? '';

async function refuseCountedColumns(queryRunner: QueryRunner): Promise<void> {
  const triggers = (await queryRunner.query(
    `SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) AS drop FROM pg_trigger
     WHERE tgfoid = 'tenant_count_allocation()'::regprocedure AND tgnargs > 1 AND tgparentid = 0 ORDER BY 1`,
  )) as { drop: string }[];
  if (triggers.length === 0) return;
  const drops = triggers.map(({ drop }) => drop).join('; ');
  throw new ConfigurationError(`Units of a column cannot be counted without quotas. First: ${drops}.`);
}
