import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DatabaseRoles } from '../database-roles.js';

/** `scoped`: every row has a tenant. `mixed`: a row without one is shared by all. */
export type TableTenancy = 'scoped' | 'mixed';

/** How a policy learns the tenant: from the setting alone, or from one that carries a proof. */
export type ScopeForm = 'setting' | 'signed';

export interface Policy {
  /** Ends in a hash of its meaning: the same policy has the same name, a changed one another. */
  readonly name: string;
  readonly role: string;
  readonly command: 'ALL' | 'SELECT';
  readonly expression: string;
}

const OWN = {
  /** Loud on purpose: without the setting this is an error, where a lenient form would hide the bug in zero rows. */
  setting: "tenant_id = current_setting('app.tenant_id')::uuid",
  /** In a sub-select, so that the proof is verified once a statement and not once a row. */
  signed: 'tenant_id = (SELECT tenant_scope())',
} as const satisfies Record<ScopeForm, string>;
const NAMED = "tenant_id = ANY (current_setting('app.tenant_ids')::uuid[])";
const SHARED = 'tenant_id IS NULL';

/** Every policy of a table, one generated policy for each role that may see rows in it. */
export function policiesOf(
  tenancy: TableTenancy,
  roles: Pick<DatabaseRoles, 'tenantApp' | 'platformReader' | 'platformWriter'>,
  scope: ScopeForm = 'setting',
): Policy[] {
  const named = tenancy === 'mixed' ? `${SHARED} OR ${NAMED}` : NAMED;
  const policies = [
    policy('tenant_app', roles.tenantApp, 'ALL', OWN[scope]),
    policy('platform_reader', roles.platformReader, 'SELECT', named),
    policy('platform_writer', roles.platformWriter, 'ALL', named),
  ];
  return tenancy === 'mixed'
    ? [...policies, policy('tenant_shared', roles.tenantApp, 'SELECT', SHARED)]
    : policies;
}

/** `table` is quoted. */
export function createPolicy(table: string, { name, role, command, expression }: Policy): string {
  const check = command === 'ALL' ? ` WITH CHECK (${expression})` : '';
  return (
    `CREATE POLICY ${pg.escapeIdentifier(name)} ON ${table} AS PERMISSIVE FOR ${command} ` +
    `TO ${pg.escapeIdentifier(role)} USING (${expression})${check}`
  );
}

/** `table` is quoted. */
export function dropPolicy(table: string, name: string): string {
  return `DROP POLICY ${pg.escapeIdentifier(name)} ON ${table}`;
}

function policy(what: string, role: string, command: Policy['command'], expression: string): Policy {
  const hash = createHash('sha256').update(`${what} ${command} ${expression}`).digest('hex').slice(0, 8);
  return { name: `${what}_${hash}`, role, command, expression };
}
