import { ACTING } from '../facts.js';
import { type CatalogRule, columns } from '../rule.js';

/** Grouped by role: one sentence with a list. */
const perRole = (problem: string): string => columns('role.kind', 'role.name', `role.name || ${problem}`);

const GROUPED = 'GROUP BY role.kind, role.name';

/** What each kind of role may become, and nothing else. */
const MAY_BECOME = `(VALUES ('login', 'tenantApp'), ('control', 'platformReader'), ('control', 'platformWriter'))
  AS allowed(member, target)`;

/** The roles themselves: what they are, own, and may become. */
export const ROLE_RULES: readonly CatalogRule[] = [
  {
    id: 'role-missing',
    severity: 'error',
    danger: 'Nothing is known of a role that is not there: the other rules are silent about it.',
    fix: 'Give the --prefix that the database was set up with, or run `npx tenancy setup`.',
    find: `SELECT ${columns('key', 'value', `'there is no role ' || value`)} FROM given, jsonb_each_text(given -> 'roles')
      WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = value)`,
  },
  {
    id: 'role-superuser',
    severity: 'error',
    danger: 'Row-level security does not bind a superuser.',
    fix: 'Use the logins that `npx tenancy setup` makes.',
    find: `SELECT ${columns(
      'kind',
      'name',
      `name || CASE WHEN kind IN ('login', 'control', 'owner')
        THEN ' is a superuser, whom row-level security does not bind' ELSE ' is exempt from row-level security: a superuser' END`,
    )} FROM anybody WHERE rolsuper`,
  },
  {
    id: 'role-bypasses-rls',
    severity: 'error',
    danger: 'A role with BYPASSRLS sees the rows of all tenants.',
    fix: 'ALTER ROLE … NOBYPASSRLS, or run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`CASE WHEN role.kind IN ('login', 'control', 'owner')
      THEN ' has BYPASSRLS' ELSE ' is exempt from row-level security: BYPASSRLS' END`)} FROM role WHERE rolbypassrls`,
  },
  {
    id: 'role-creates-roles',
    severity: 'error',
    danger:
      'CREATEROLE and REPLICATION reach rows past every grant: through another role, or a copy of the cluster.',
    fix: 'ALTER ROLE … NOCREATEROLE NOREPLICATION, or run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`' has CREATEROLE or REPLICATION, with which it could reach around its rights'`)}
      FROM role WHERE rolcreaterole OR rolreplication`,
  },
  {
    id: 'role-owns-objects',
    severity: 'error',
    danger:
      'Who owns a table can lift its row-level security, and who owns a function or schema can replace what is in it.',
    fix: 'ALTER … OWNER TO the owner role.',
    find: `SELECT ${perRole(`' owns ' || string_agg(owned.name, ', ' ORDER BY owned.name)
        || '; an owner can lift row-level security'`)}
      FROM role JOIN (
        SELECT owner, name FROM relation UNION ALL SELECT owner, name FROM function
        UNION ALL SELECT nspowner, 'schema ' || nspname FROM pg_namespace
      ) owned ON owned.owner = role.oid WHERE role.kind <> 'owner' ${GROUPED}`,
  },
  {
    id: 'role-membership-missing',
    severity: 'error',
    danger: 'A login that cannot become the role of the scope cannot serve.',
    fix: 'Run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`' may not become ' || string_agg(target.name, ', ' ORDER BY target.name)`)}
      FROM version, role JOIN ${MAY_BECOME} ON allowed.member = role.kind JOIN anybody target ON target.kind = allowed.target
      WHERE NOT pg_has_role(role.oid, target.oid, CASE WHEN version.number >= 160000 THEN 'SET' ELSE 'MEMBER' END) ${GROUPED}`,
  },
  {
    id: 'role-inherits',
    severity: 'error',
    danger:
      'A login that inherits has the rights of the scope without a scope: forgetting it is no longer refused.',
    fix: 'GRANT … WITH INHERIT FALSE (PostgreSQL 15: ALTER ROLE … NOINHERIT), or run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`' inherits the rights of ' || string_agg(target.name, ', ' ORDER BY target.name)
        || '; grant with NOINHERIT (PostgreSQL 16: WITH INHERIT FALSE)'`)}
      FROM role JOIN ${MAY_BECOME} ON allowed.member = role.kind JOIN role target ON target.kind = allowed.target
      WHERE pg_has_role(role.oid, target.oid, 'USAGE') ${GROUPED}`,
  },
  {
    id: 'role-membership-excess',
    severity: 'error',
    danger: 'Each further role is a further way to rows.',
    fix: 'REVOKE it, or run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`' may also become ' || string_agg(target.rolname, ', ' ORDER BY target.rolname)`)}
      FROM role JOIN pg_roles target ON target.oid <> role.oid AND pg_has_role(role.oid, target.oid, 'MEMBER')
      WHERE NOT EXISTS (SELECT FROM ${MAY_BECOME} JOIN anybody a ON a.kind = allowed.target
        WHERE allowed.member = role.kind AND a.oid = target.oid) ${GROUPED}`,
  },
  {
    id: 'role-logs-in',
    severity: 'warning',
    danger: 'Whoever knows its password is inside the scope without the login, and picks any tenant.',
    fix: 'ALTER ROLE … NOLOGIN, or run `npx tenancy setup` again.',
    find: `SELECT ${perRole(`' can log in by itself'`)} FROM role, citus
      WHERE kind IN ${ACTING} AND rolcanlogin AND NOT citus.present`,
  },
  {
    id: 'scope-preset',
    severity: 'error',
    danger: 'A session that starts with a tenant or a role works in it where the scope was forgotten.',
    fix: 'ALTER ROLE … RESET, or ALTER DATABASE … RESET.',
    find: presets(
      `'app\\.tenant_.*|role|session_authorization'`,
      `' is preset, so that a forgotten scope goes unnoticed'`,
    ),
  },
  {
    id: 'protection-preset',
    severity: 'error',
    danger:
      'row_security = off turns every statement of tenants into an error; session_replication_role skips foreign keys and limits.',
    fix: 'ALTER ROLE … RESET, or ALTER DATABASE … RESET.',
    find: presets(`'row_security|session_replication_role'`, `' is preset, which switches protections'`),
  },
];

function presets(pattern: string, problem: string): string {
  const whose = `CASE WHEN s.setrole = 0 THEN 'database ' || current_database() ELSE r.rolname END`;
  return `SELECT ${columns('role.kind', whose, `${whose} || ': ' || setting || ${problem}`)}
    FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS setting
      LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN anybody role ON role.oid = s.setrole
    WHERE (s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))
      AND (s.setrole = 0 OR role.kind IS NOT NULL) AND split_part(setting, '=', 1) ~ ('^(' || ${pattern} || ')$')`;
}
