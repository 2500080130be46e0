import type { Seed } from './seed.js';
import { OTHER, TABLE } from './seed-statements.js';

/** From PostgreSQL 16 on the grant decides, not the role. */
const INHERIT_BY_GRANT = `DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN
  EXECUTE 'GRANT $tenantApp TO $login WITH INHERIT TRUE'; END IF; END $$`;

export const ROLE_SEEDS: readonly Seed[] = [
  { rule: 'role-missing', object: '$control', seed: ['ALTER ROLE $control RENAME TO $control_gone'] },
  { rule: 'role-superuser', object: '$login', seed: ['ALTER ROLE $login SUPERUSER'], also: ['canary-read'] },
  { rule: 'role-superuser', object: '$tenantApp', seed: ['ALTER ROLE $tenantApp SUPERUSER'] },
  { rule: 'role-bypasses-rls', object: '$tenantApp', seed: ['ALTER ROLE $tenantApp BYPASSRLS'] },
  {
    rule: 'role-bypasses-rls',
    object: '$owner',
    seed: ['ALTER ROLE $owner BYPASSRLS'],
    also: ['definer-past-rls'],
  },
  { rule: 'role-creates-roles', object: '$control', seed: ['ALTER ROLE $control CREATEROLE'] },
  { rule: 'role-owns-objects', object: '$login', seed: [TABLE, 'ALTER TABLE extra OWNER TO $login'] },
  { rule: 'role-membership-missing', object: '$login', seed: ['REVOKE $tenantApp FROM $login'] },
  {
    rule: 'role-inherits',
    object: '$login',
    seed: ['ALTER ROLE $login INHERIT', INHERIT_BY_GRANT],
  },
  { rule: 'role-membership-excess', object: '$login', seed: ['GRANT pg_monitor TO $login'] },
  {
    rule: 'role-membership-excess',
    object: '$tenantApp',
    seed: ['GRANT $platformReader TO $tenantApp'],
  },
  { rule: 'role-logs-in', object: '$tenantApp', seed: ['ALTER ROLE $tenantApp LOGIN'] },
  { rule: 'scope-preset', object: '$login', seed: [`ALTER ROLE $login SET app.tenant_id = ${OTHER}`] },
  {
    rule: 'scope-preset',
    object: 'database $database',
    seed: [`ALTER DATABASE $database SET app.tenant_ids = '{}'`],
  },
  { rule: 'scope-preset', object: '$login', seed: [`ALTER ROLE $login SET role = '$tenantApp'`] },
  { rule: 'protection-preset', object: '$login', seed: ['ALTER ROLE $login SET row_security = off'] },
  {
    rule: 'protection-preset',
    object: 'database $database',
    seed: ['ALTER DATABASE $database SET session_replication_role = replica'],
  },
];
