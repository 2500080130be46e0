import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { DatabaseRoles } from '../../isolation/database-roles.js';
import type { TableFacts } from './table-facts.js';

/** Rights of $1's roles, tables' owners in $2, schemas in $3: each statement gives one that is missing. */
const MISSING = `
WITH me AS (SELECT * FROM pg_roles WHERE rolname = current_user),
  become AS (SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END AS how)
SELECT format('GRANT %I TO %I', role, current_user) AS "grant" FROM unnest($1::text[]) AS role, become
  WHERE NOT (pg_has_role(role, 'USAGE') AND pg_has_role(role, how))
UNION ALL SELECT format('GRANT %s ON SCHEMA %I TO %I', privilege, schema, owner)
  FROM unnest($2::text[], $3::text[]) AS of(schema, owner), unnest(ARRAY['USAGE', 'CREATE']) AS privilege
  WHERE NOT has_schema_privilege(owner, schema, privilege)
UNION ALL SELECT format('ALTER ROLE %I BYPASSRLS', current_user) FROM me WHERE NOT rolbypassrls
UNION ALL SELECT format('GRANT SET ON PARAMETER session_replication_role TO %I', current_user)
  WHERE $4 AND NOT has_parameter_privilege('session_replication_role', 'SET')`;

/**
 * A superuser needs nothing. Anybody else has to act as the tables' owners, before and after, as the tenants' role,
 * count rows past the policies, and keep triggers from firing in the backfill.
 *
 * @throws ConfigurationError naming every grant that is missing, before anything is touched
 */
export async function refuseMissingRights(
  admin: pg.ClientBase,
  tables: readonly TableFacts[],
  { owner, tenantApp }: DatabaseRoles,
): Promise<void> {
  const { rows: who } = await admin.query<{ name: string; superuser: boolean }>(
    'SELECT rolname AS name, rolsuper AS superuser FROM pg_roles WHERE rolname = current_user',
  );
  if (who[0]?.superuser === true) return;
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  // Each owner, so that the tables can be handed over, and back.
  const owners = [...new Set([owner, ...tables.map((table) => table.owner)])];
  const pairs = schemas.flatMap((schema) => owners.map((one) => [schema, one] as const));
  const { rows } = await admin.query<{ grant: string }>(MISSING, [
    [...owners, tenantApp],
    pairs.map(([schema]) => schema),
    pairs.map(([, one]) => one),
    tables.some(({ triggers }) => triggers.length > 0),
  ]);
  if (rows.length === 0) return;
  throw new ConfigurationError(
    `${who[0]?.name ?? 'Who runs this'} lacks rights. As a superuser: ${rows.map((row) => `${row.grant};`).join(' ')}`,
  );
}
