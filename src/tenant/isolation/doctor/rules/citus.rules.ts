import { ACTING } from '../facts.js';
import { type CatalogRule, columns } from '../rule.js';

/** Sources: docs.citusdata.com (reference_ddl, reference_workarounds), and the checks in citusdata/citus that say no. */
export const CITUS_RULES: readonly CatalogRule[] = [
  {
    id: 'citus-mixed-table',
    severity: 'error',
    danger:
      'The distribution column cannot be null, so a table with shared rows and rows of tenants cannot be distributed.',
    fix: 'Split it: a scoped table for rows of tenants, a shared one (a reference table) for the rest.',
    find: `SELECT ${columns('NULL', 'name', `name || ' holds rows of tenants and shared ones'`)} FROM scoped WHERE mixed`,
  },
  {
    id: 'citus-foreign-key-target',
    severity: 'error',
    danger:
      'A distributed table may refer to tables distributed with it and to reference tables only, a reference table to no distributed one.',
    fix: 'Share the table it refers to (a reference table), or drop the foreign key.',
    find: `SELECT ${columns(
      'NULL',
      'f.table_name',
      `'foreign key ' || f.name || ' of ' || f.table_name || ' refers to ' || f.target || ', which is '
        || CASE WHEN f.to_scoped THEN 'distributed' ELSE 'neither distributed nor shared' END`,
    )} FROM foreign_key f WHERE f.from_scoped AND NOT f.to_scoped AND NOT EXISTS (
        SELECT FROM granted g JOIN role ON role.oid = g.grantee WHERE g.oid = f.target_oid AND role.kind = 'tenantApp')
      OR f.to_scoped AND NOT f.from_scoped`,
  },
  {
    id: 'citus-set-null',
    severity: 'error',
    danger:
      'ON DELETE SET NULL and SET DEFAULT are refused for a foreign key that holds the distribution column, the form with a list too.',
    fix: 'Use ON DELETE NO ACTION or CASCADE, and clear the reference in the application.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `'foreign key ' || name || ' of ' || table_name || ' sets columns on delete'`,
    )} FROM foreign_key WHERE from_scoped AND has_own_tenant AND on_delete IN ('n', 'd')`,
  },
  {
    id: 'citus-trigger',
    severity: 'warning',
    danger:
      'Triggers are refused on reference tables, and on distributed ones unless citus.enable_unsafe_triggers is on.',
    fix: 'Set citus.enable_unsafe_triggers for the migration, for triggers that touch rows of the same tenant only.',
    find: `SELECT ${columns(
      'NULL',
      'scoped.name',
      `'trigger ' || t.tgname || ' on ' || scoped.name || ' needs citus.enable_unsafe_triggers'`,
    )} FROM scoped JOIN pg_trigger t ON t.tgrelid = scoped.oid AND NOT t.tgisinternal
      WHERE coalesce(current_setting('citus.enable_unsafe_triggers', true), 'off') <> 'on'`,
  },
  {
    id: 'citus-sub-select-policy',
    severity: 'error',
    danger: 'A policy with a sub-select, such as that of a signed scope, is refused on distributed tables.',
    fix: 'Turn signing off, and revoke set_config instead.',
    find: `SELECT ${columns('NULL', 'scoped.name', `'policy ' || policy.name || ' on ' || scoped.name || ' has a sub-select'`)}
      FROM scoped JOIN policy ON policy.relation = scoped.oid WHERE concat(policy.sees, policy.writes) ~* 'SELECT'`,
  },
  {
    id: 'citus-role-cannot-log-in',
    severity: 'error',
    danger: 'The nodes connect to each other as the role of the scope.',
    fix: 'ALTER ROLE … LOGIN, without a password: let pg_hba.conf of the nodes admit it from each other only.',
    find: `SELECT ${columns('role.kind', 'role.name', `role.name || ' cannot log in, as nodes of Citus have to'`)}
      FROM role WHERE role.kind IN ${ACTING} AND NOT rolcanlogin`,
  },
];

/** Only where the extension is: its catalog cannot be named elsewhere. */
export const CITUS_PLACEMENT_RULES: readonly CatalogRule[] = [
  {
    id: 'citus-not-distributed',
    severity: 'error',
    danger:
      'The table lives on the coordinator alone: joins to distributed ones and foreign keys to it are refused.',
    fix: 'distributeTable(queryRunner, table) or createReferenceTable(queryRunner, table) in a migration.',
    find: `SELECT ${columns('NULL', 'scoped.name', `scoped.name || ' is not distributed by tenant_id'`)}
      FROM scoped LEFT JOIN pg_catalog.pg_dist_partition d ON d.logicalrelid = scoped.oid
      WHERE NOT scoped.mixed AND d.partmethod IS DISTINCT FROM 'h'
      UNION ALL SELECT ${columns('NULL', 'r.name', `r.name || ' is shared, and no reference table'`)}
      FROM relation r LEFT JOIN pg_catalog.pg_dist_partition d ON d.logicalrelid = r.oid
      WHERE r.kind IN ('r', 'p') AND NOT r.rls AND d.partmethod IS DISTINCT FROM 'n'
        AND EXISTS (SELECT FROM granted g JOIN role ON role.oid = g.grantee WHERE g.oid = r.oid AND role.kind = 'tenantApp')`,
  },
  {
    id: 'citus-not-colocated',
    severity: 'error',
    danger: 'Tables of one tenant on different nodes cannot be joined or refer to each other.',
    fix: 'Distribute them with the same column type and shard count, or colocate_with.',
    find: `SELECT ${columns('NULL', 'scoped.name', `scoped.name || ' is in another colocation group than the other tables of tenants'`)}
      FROM scoped JOIN pg_catalog.pg_dist_partition d ON d.logicalrelid = scoped.oid AND d.partmethod = 'h'
      WHERE d.colocationid <> (SELECT mode() WITHIN GROUP (ORDER BY other.colocationid) FROM scoped s
        JOIN pg_catalog.pg_dist_partition other ON other.logicalrelid = s.oid AND other.partmethod = 'h')`,
  },
];
