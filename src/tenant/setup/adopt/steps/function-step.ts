import pg from 'pg';
import { action, type AdoptionStep } from '../adoption-step.js';

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const SCOPE = `pg_catalog.current_setting('app.tenant_id', true)`;

/** Written out in each function: who calls them may not use the schema they are in. */
const SCOPE_ID = `CASE WHEN ${SCOPE} ~ '${UUID}' THEN ${SCOPE}::uuid END`;

/**
 * What triggers and policies of the adoption call. None may fail: they run inside statements of an application that
 * knows nothing of tenants. None writes: they run in read-only transactions too.
 */
export function functionStep(functions: string, owner: string): AdoptionStep {
  const own = (signature: string): string =>
    `ALTER FUNCTION ${functions}.${signature} OWNER TO ${pg.escapeIdentifier(owner)}`;
  const signatures = ['tenancy_scope()', 'tenancy_stamp()', 'tenancy_observe(text)'];
  return {
    id: 'column:functions',
    phase: 'column',
    table: functions,
    describe: 'create the functions that stamp and observe',
    lock: 'none',
    up: [
      action(
        `CREATE OR REPLACE FUNCTION ${functions}.tenancy_scope() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
          AS $$ SELECT ${SCOPE_ID} $$`,
        `CREATE OR REPLACE FUNCTION ${functions}.tenancy_stamp() RETURNS trigger LANGUAGE plpgsql
          SET search_path = pg_catalog, pg_temp AS $$ BEGIN
            NEW.tenant_id := coalesce(${SCOPE_ID}, TG_ARGV[0]::uuid);
            RETURN NEW;
          END $$`,
        // LOG goes to the server's log with the statement, whatever the client asked to be told.
        `CREATE OR REPLACE FUNCTION ${functions}.tenancy_observe(relation text) RETURNS boolean LANGUAGE plpgsql
          VOLATILE PARALLEL SAFE AS $$ BEGIN
            RAISE LOG 'tenancy: % % would meet row-level security on %',
              CASE WHEN ${SCOPE_ID} IS NULL THEN 'a statement without a scope by'
                ELSE 'a statement that meets another tenant by' END,
              format('%s (%s)', current_user, pg_catalog.current_setting('application_name', true)), relation
              USING ERRCODE = 'TN010';
            RETURN true;
          END $$`,
        ...signatures.map(own),
        ...signatures.map((signature) => `GRANT EXECUTE ON FUNCTION ${functions}.${signature} TO PUBLIC`),
      ),
    ],
    down: [action(...signatures.map((signature) => `DROP FUNCTION ${functions}.${signature}`))],
  };
}
