import pg from 'pg';
import type { QueryRunner } from 'typeorm';
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
  await queryRunner.query(`
    CREATE FUNCTION ${FUNCTION}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $function$
    DECLARE
      counted text := TG_ARGV[0];
      granted jsonb;
      allowed bigint := 0;
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        UPDATE ${schema}.tenant_allocations SET used = used - 1
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
    END $function$`);
  await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${FUNCTION}() FROM PUBLIC`);
}

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

/**
 * Counts the rows of a table against a limit of the plan; the insert that would exceed it fails with
 * LimitReachedError. Call it on an empty table: rows that are there already are not counted.
 *
 * @example
 * await enforceAllocationLimit(queryRunner, 'agents', 'maxAgents');
 */
export async function enforceAllocationLimit(
  queryRunner: QueryRunner,
  table: string,
  limit: string,
): Promise<void> {
  await queryRunner.query(
    `CREATE TRIGGER tenant_allocation AFTER INSERT OR DELETE OR UPDATE OF tenant_id ON ${quoteTable(table)} ` +
      `FOR EACH ROW EXECUTE FUNCTION ${FUNCTION}(${pg.escapeLiteral(limit)})`,
  );
}
