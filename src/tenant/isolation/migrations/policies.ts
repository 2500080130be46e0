import { createHash } from 'node:crypto';
import type { DatabaseRoles } from '../database-roles.js';

/** `scoped`: every row has a tenant. `mixed`: a row without one is shared by all. */
export type TableTenancy = 'scoped' | 'mixed';

export interface Policy {
  /** Ends in a hash of its meaning: the same policy has the same name, a changed one another. */
  readonly name: string;
  readonly role: string;
  readonly command: 'ALL' | 'SELECT';
  readonly expression: string;
}

/** Loud on purpose: without the setting this is an error, where a lenient form would hide the bug in zero rows. */
const OWN = "tenant_id = current_setting('app.tenant_id')::uuid";
const NAMED = "tenant_id = ANY (current_setting('app.tenant_ids')::uuid[])";
const SHARED = 'tenant_id IS NULL';

/** Every policy of a table, one generated policy for each role that may see rows in it. */
export function policiesOf(tenancy: TableTenancy, roles: DatabaseRoles): Policy[] {
  const named = tenancy === 'mixed' ? `${SHARED} OR ${NAMED}` : NAMED;
  const policies = [
    policy('tenant_app', roles.tenantApp, 'ALL', OWN),
    policy('platform_reader', roles.platformReader, 'SELECT', named),
    policy('platform_writer', roles.platformWriter, 'ALL', named),
  ];
  return tenancy === 'mixed'
    ? [...policies, policy('tenant_shared', roles.tenantApp, 'SELECT', SHARED)]
    : policies;
}

function policy(what: string, role: string, command: Policy['command'], expression: string): Policy {
  const hash = createHash('sha256').update(`${what} ${command} ${expression}`).digest('hex').slice(0, 8);
  return { name: `${what}_${hash}`, role, command, expression };
}
