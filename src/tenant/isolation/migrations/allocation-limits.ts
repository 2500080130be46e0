import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { quoteTable, schemaOfMigration } from './identifiers.js';

const FUNCTION = 'tenant_count_allocation';

/**
 * Creates what allocation limits need: a counter per tenant and limit, and the function that keeps it.
 *
 * The function runs as the owner, because no tenant may touch its own counter. It reads the effective limit
 * (the tenant's override, else its plan's) inside the caller's transaction, so a rollback gives back what was
 * taken and raw SQL is bound like everything else. The counter's row lock makes concurrent callers take turns.
 * A missing limit is a limit of none. `createControlPlane` calls it.
 *
 * @example
 * await createAllocationLimits(queryRunner); // in a migration, after `tenants` and `plans` were created
 */
export async function createAllocationLimits(queryRunner: QueryRunner): Promise<void> {
  const schema = await schemaOfMigration(queryRunner);
  await queryRunner.query(`
    CREATE TABLE tenant_allocations (
      tenant_id uuid NOT NULL,
      resource text NOT NULL,
      used bigint NOT NULL CHECK (used >= 0),
      PRIMARY KEY (tenant_id, resource)
    ) WITH (fillfactor = 50)`);
  await queryRunner.query(allocationFunction(schema));
  await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${FUNCTION}() FROM PUBLIC`);
}

/** The function as it is without quotas: it counts rows, and refuses at the limit. `schema` is quoted. */
export const allocationFunction = (
  schema: string,
): string => `CREATE OR REPLACE FUNCTION ${schema}.${FUNCTION}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  counted text := TG_ARGV[0];
  granted jsonb;
  allowed bigint := 0;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE ${schema}.tenant_allocations SET used = greatest(used - 1, 0)
      WHERE tenant_id = OLD.tenant_id AND resource = counted;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN NULL;
  END IF;
  SELECT CASE WHEN t.limits ? counted THEN t.limits -> counted ELSE p.limits -> counted END INTO granted
    FROM ${schema}.tenants t
    LEFT JOIN ${schema}.plans p ON p.name = t.plan AND p.version = t.plan_version
    WHERE t.id = NEW.tenant_id;
  IF jsonb_typeof(granted) = 'null' THEN
    allowed := NULL;
  ELSIF jsonb_typeof(granted) = 'number' THEN
    allowed := (granted #>> '{}')::bigint;
  END IF;
  INSERT INTO ${schema}.tenant_allocations AS a (tenant_id, resource, used)
    SELECT NEW.tenant_id, counted, 1 WHERE allowed IS NULL OR allowed >= 1
    ON CONFLICT (tenant_id, resource) DO UPDATE SET used = a.used + 1
      WHERE allowed IS NULL OR a.used < allowed;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'allocation limit reached' USING ERRCODE = 'TN001',
      DETAIL = json_build_object('resource', counted, 'limit', allowed)::text;
  END IF;
  RETURN NULL;
END $function$`;

/**
 * The reverse of {@link createAllocationLimits}. Tables that count against a limit go first.
 *
 * @example
 * await dropAllocationLimits(queryRunner);
 */
export async function dropAllocationLimits(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`DROP FUNCTION ${FUNCTION}()`);
  await queryRunner.query('DROP TABLE tenant_allocations');
}

/** What of a table counts against a limit. */
export interface AllocationLimitOptions {
  /**
   * The column whose sum counts, such as a size in bytes: smallint, integer or bigint, from 0. Null counts 0, so
   * make it NOT NULL. Needs `createQuotas`.
   *
   * @default none: each row counts one
   */
  readonly column?: string;
}

/**
 * Counts the rows of a table, or the units in one of their columns, against a limit of the plan; the insert or
 * update that would exceed it fails with LimitReachedError. Rows of no tenant count for nobody. Call it on an empty
 * table, or run `tenancy reconcile` afterwards: rows that are there already are not counted.
 *
 * @throws ConfigurationError when the column is none whose numbers can be counted, or there are no quotas yet
 * @example
 * await enforceAllocationLimit(queryRunner, 'agents', 'maxAgents');
 * await enforceAllocationLimit(queryRunner, 'files', 'maxStorageBytes', { column: 'size_bytes' });
 */
export async function enforceAllocationLimit(
  queryRunner: QueryRunner,
  table: string,
  limit: string,
  { column }: AllocationLimitOptions = {},
): Promise<void> {
  const on = `ON ${quoteTable(table)} FOR EACH ROW`;
  const call = `EXECUTE FUNCTION ${FUNCTION}(${[limit, ...(column === undefined ? [] : [column])].map(pg.escapeLiteral).join(', ')})`;
  if (column === undefined) {
    await queryRunner.query(
      `CREATE TRIGGER tenant_allocation AFTER INSERT OR DELETE OR UPDATE OF tenant_id ${on} ${call}`,
    );
    return;
  }
  await assertCountable(queryRunner, table, column);
  const [exists, changes] = [`tenant_allocation_${column}`, `tenant_allocation_update_${column}`].map(
    pg.escapeIdentifier,
  );
  const differs = [column, 'tenant_id']
    .map(pg.escapeIdentifier)
    .map((each) => `OLD.${each} IS DISTINCT FROM NEW.${each}`);
  await queryRunner.query(`CREATE TRIGGER ${exists} AFTER INSERT OR DELETE ${on} ${call}`);
  // Not UPDATE OF: that does not fire when a trigger of the application is what changes the column.
  await queryRunner.query(
    `CREATE TRIGGER ${changes} AFTER UPDATE ${on} WHEN (${differs.join(' OR ')}) ${call}`,
  );
}

async function assertCountable(queryRunner: QueryRunner, table: string, column: string): Promise<void> {
  const [found] = (await queryRunner.query(
    `SELECT to_regprocedure('tenant_quota_terms(uuid, text, timestamptz)') IS NOT NULL AS quotas, a.virtual, a.type
     FROM (VALUES (1)) one LEFT JOIN (
       SELECT attgenerated = 'v' AS virtual, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = $1::regclass AND attname = $2 AND NOT attisdropped) a ON true`,
    [quoteTable(table), column],
  )) as [{ quotas: boolean; virtual: boolean | null; type: string | null }];
  const problem = !found.quotas
    ? 'the database has no quotas: call createQuotas(queryRunner) first'
    : found.type === null
      ? 'there is no such column'
      : !['smallint', 'integer', 'bigint'].includes(found.type)
        ? `it is ${found.type}: make it smallint, integer or bigint`
        : found.virtual
          ? 'it is generated when it is read, so triggers do not see it: make it STORED'
          : undefined;
  if (problem !== undefined) {
    throw new ConfigurationError(`${table}.${column} cannot be counted against a limit: ${problem}.`);
  }
}
