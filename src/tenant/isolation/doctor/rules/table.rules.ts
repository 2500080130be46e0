import { ACTING } from '../facts.js';
import { type CatalogRule, columns } from '../rule.js';

/** Who acts for tenants or the platform and was granted something on a table, in one list. */
const USERS = `(SELECT g.oid, string_agg(DISTINCT role.name, ', ' ORDER BY role.name) AS names,
    bool_or(g.privilege <> 'SELECT') FILTER (WHERE role.kind = 'tenantApp') AS tenants_write
  FROM granted g JOIN role ON role.oid = g.grantee WHERE role.kind IN ${ACTING}
  GROUP BY g.oid) AS users`;

/** Rows are read where no policy stands: of a tenant, or written by all. */
const UNPROTECTED = `NOT rls AND kind IN ('r', 'p', 'f') AND (tenant IS NOT NULL OR users.tenants_write)`;

const unprotected = `users.names || CASE WHEN users.tenants_write THEN ' writes ' ELSE ' reads ' END || name
  || ', which has no row-level security'`;

/** Tables with rows of tenants: row-level security, and the column it hangs on. */
export const TABLE_RULES: readonly CatalogRule[] = [
  {
    id: 'table-without-rls',
    severity: 'error',
    danger: 'A statement that the TypeORM net does not see reads or writes the rows of all tenants.',
    fix: 'enableRowLevelSecurity(queryRunner, table) in a migration, or `npx tenancy policies apply`.',
    find: `SELECT ${columns("'tenantApp'", 'name', unprotected)} FROM relation JOIN ${USERS} USING (oid)
      WHERE ${UNPROTECTED} AND NOT child`,
  },
  {
    id: 'partition-without-rls',
    severity: 'error',
    danger:
      'Policies of the parent do not apply to who reads the partition, or inheriting table, by its own name.',
    fix: 'REVOKE the grants on it: reading through the parent needs none.',
    find: `SELECT ${columns(
      "'tenantApp'",
      'name',
      unprotected,
      `format('REVOKE ALL ON %s FROM %s', name, users.names)`,
    )} FROM relation JOIN ${USERS} USING (oid) WHERE ${UNPROTECTED} AND child`,
  },
  {
    id: 'rls-not-forced',
    severity: 'error',
    danger: 'The owner sees all rows; so do views and functions that run as the owner.',
    fix: 'ALTER TABLE … FORCE ROW LEVEL SECURITY.',
    find: `SELECT ${columns(
      'NULL',
      'name',
      `name || ' does not force row-level security on its owner'`,
      `format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name)`,
    )} FROM scoped WHERE NOT forced`,
  },
  {
    id: 'tenant-column-missing',
    severity: 'error',
    danger: 'Without tenant_id no generated policy, key or default can stand.',
    fix: 'Add tenant_id uuid NOT NULL, then enableRowLevelSecurity() in the same migration.',
    find: `SELECT ${columns('NULL', 'name', `name || ' has row-level security and no column tenant_id'`)}
      FROM scoped WHERE tenant IS NULL AND EXISTS (SELECT FROM granted g JOIN role ON role.oid = g.grantee
        WHERE g.oid = scoped.oid AND role.kind IN ${ACTING})`,
  },
  {
    id: 'tenant-column-nullable',
    severity: 'error',
    danger:
      "A row without a tenant belongs to nobody, and would become everybody's were the table ever mixed.",
    fix: 'ALTER COLUMN tenant_id SET NOT NULL.',
    find: `SELECT ${columns('NULL', 'name', `name || '.tenant_id may be null'`)}
      FROM scoped WHERE tenant IS NOT NULL AND NOT required AND NOT mixed`,
  },
  {
    id: 'tenant-column-type',
    severity: 'error',
    danger:
      'Another type has several spellings of one tenant, and does not join to the keys of other tables.',
    fix: 'ALTER COLUMN tenant_id TYPE uuid.',
    find: `SELECT ${columns('NULL', 'name', `name || '.tenant_id is ' || type || ', not uuid'`)}
      FROM scoped WHERE tenant IS NOT NULL AND type <> 'uuid'`,
  },
  {
    id: 'tenant-column-default',
    severity: 'warning',
    danger: 'Inserts given as raw SQL are not stamped, and fail or must name the tenant themselves.',
    fix: "ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id')::uuid.",
    find: `SELECT ${columns(
      'NULL',
      'name',
      `name || '.tenant_id defaults to ' || coalesce(filled, 'nothing') || ', not to the tenant of the scope'`,
      `format('ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT current_setting(''app.tenant_id'')::uuid', name)`,
    )} FROM scoped WHERE tenant IS NOT NULL AND NOT child
      AND coalesce(filled, '') !~ '^\\(?(current_setting\\(''app\\.tenant_id''::text\\)\\)?::uuid|(\\w+\\.)?tenant_scope\\(\\))$'`,
  },
  {
    id: 'table-of-another-owner',
    severity: 'warning',
    danger: 'Migrations cannot change it, and FORCE does not bind an owner who is a superuser.',
    fix: 'ALTER TABLE … OWNER TO the owner role.',
    find: `SELECT ${columns('NULL', 'scoped.name', `scoped.name || ' is owned by ' || pg_get_userbyid(scoped.owner)`)}
      FROM scoped JOIN anybody o ON o.kind = 'owner' WHERE scoped.owner <> o.oid
        AND scoped.owner NOT IN (SELECT oid FROM role)`,
  },
  {
    id: 'rewrite-rule',
    severity: 'error',
    danger:
      'A rule adds statements of its own, which run with the rights of the owner, after the TypeORM net has looked.',
    fix: 'DROP RULE; use a trigger.',
    find: `SELECT ${columns(
      'NULL',
      'scoped.name',
      `'rule ' || w.rulename || ' rewrites statements on ' || scoped.name`,
    )} FROM scoped JOIN pg_rewrite w ON w.ev_class = scoped.oid`,
  },
  {
    id: 'published-table',
    severity: 'hint',
    danger:
      'A publication sends the rows of all tenants: row-level security does not apply to logical replication.',
    fix: 'See that the subscriber keeps tenants apart as well.',
    find: `SELECT ${columns(
      'NULL',
      'scoped.name',
      `scoped.name || ' is in publication ' || string_agg(p.pubname, ', ' ORDER BY p.pubname)`,
    )} FROM scoped JOIN pg_publication p ON EXISTS (SELECT FROM pg_get_publication_tables(p.pubname) t WHERE t.relid = scoped.oid)
      GROUP BY scoped.name`,
  },
];
