import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { DatabaseRoles } from '../../isolation/database-roles.js';
import type { ScopeForm } from '../../isolation/migrations/policies.js';

/** @throws ConfigurationError when there is no such tenant in the registry */
export async function readTenantId(
  admin: pg.ClientBase,
  controlSchema: string,
  tenant: string,
): Promise<string> {
  const found = await admin.query<{ id: string }>(
    `SELECT id FROM ${controlSchema}.tenants WHERE (id::text = lower($1) OR slug = $1) AND status <> 'deleted'`,
    [tenant],
  );
  const [row] = found.rows;
  if (row === undefined) {
    throw new ConfigurationError(`There is no tenant "${tenant}" in the registry. Create it first.`);
  }
  return row.id;
}

/**
 * The schema of `tenants`, quoted; what an adoption keeps goes there too.
 *
 * @throws ConfigurationError when the owner has no table `tenants`
 */
export async function readControlSchema(admin: pg.ClientBase, roles: DatabaseRoles): Promise<string> {
  const { rows } = await admin.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = 'tenants' AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) = $1`,
    [roles.owner],
  );
  const [registry, another] = rows;
  if (registry === undefined || another !== undefined) {
    throw new ConfigurationError(
      `Role ${roles.owner} should own one table "tenants" and owns ${rows.length}. Run tenancy setup and the ` +
        'migration that calls createControlPlane() first, or say another --prefix.',
    );
  }
  return pg.escapeIdentifier(registry.schema);
}

/** What the policies of this database ask for: a proof where there is a function that verifies it. */
export async function readScopeForm(admin: pg.ClientBase, controlSchema: string): Promise<ScopeForm> {
  const { rows } = await admin.query<{ signed: boolean }>(
    'SELECT to_regprocedure($1) IS NOT NULL AS signed',
    [`${controlSchema}.tenant_scope()`],
  );
  return rows[0]?.signed === true ? 'signed' : 'setting';
}
