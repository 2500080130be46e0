import { ACTING } from '../facts.js';
import { LARGE_OBJECT_MAKERS, SESSION_STATE_FUNCTIONS, SET_CONFIG } from '../../guarded-functions.js';
import { type CatalogRule, columns } from '../rule.js';

/** A relation that somebody but its owner may use. */
const GRANTED = (oid: string): string => `EXISTS (SELECT FROM granted g WHERE g.oid = ${oid}
  AND (g.grantee = 0 OR g.grantee IN (SELECT oid FROM role WHERE kind <> 'owner')))`;

/** Over rows of tenants: the tables a view reads, listed. */
const OVER_TENANTS = `JOIN LATERAL (SELECT string_agg(scoped.name, ', ' ORDER BY scoped.name) AS names
  FROM reads JOIN scoped ON scoped.oid = reads.relation WHERE reads.view = v.oid) tables ON tables.names IS NOT NULL`;

/** Roles that may call something, grantee 0 included. */
const CALLERS = `(SELECT f.oid, a.grantee FROM function f, aclexplode(f.acl) a
  WHERE a.privilege_type = 'EXECUTE' AND a.grantee <> f.owner)`;

/** Triggers cannot be called; granting them does nothing by itself. */
const CALLABLE = `f.definer AND f.returns NOT IN ('trigger'::regtype, 'event_trigger'::regtype)`;

const SCOPE_FUNCTION = 'f.oid IN (SELECT oid FROM scope_function)';

const PINNED = `EXISTS (SELECT FROM unnest(f.config) AS setting WHERE setting LIKE 'search\\_path=%')`;

const literals = (signatures: readonly string[]): string =>
  signatures.map((signature) => `'${signature}'`).join(', ');

/** Functions of PostgreSQL itself that a role may still call. */
const callable = (signatures: readonly string[], problem: string): string =>
  `SELECT ${columns(
    'role.kind',
    'role.name',
    `role.name || ${problem} || string_agg(split_part(called::regprocedure::text, '.', 1), ', ' ORDER BY called)`,
  )} FROM role, unnest(ARRAY[${literals(signatures)}]) AS called
    WHERE role.kind IN ${ACTING} AND has_function_privilege(role.oid, called::regprocedure, 'EXECUTE')
    GROUP BY role.kind, role.name`;

/** What runs with other rights than the caller's, or reaches what is not a row. */
export const CODE_RULES: readonly CatalogRule[] = [
  {
    id: 'view-without-security-invoker',
    severity: 'error',
    danger: 'It reads with the rights of its owner: the policies of the caller do not apply.',
    fix: 'ALTER VIEW … SET (security_invoker = true).',
    find: `SELECT ${columns(
      'NULL',
      'v.name',
      `'view ' || v.name || ' reads ' || tables.names || ' as ' || pg_get_userbyid(v.owner)`,
      `format('ALTER VIEW %s SET (security_invoker = true)', v.name)`,
    )} FROM relation v ${OVER_TENANTS} WHERE v.kind = 'v' AND ${GRANTED('v.oid')}
      AND NOT coalesce(v.options && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)`,
  },
  {
    id: 'materialized-view-over-tenants',
    severity: 'error',
    danger: 'It holds copies of rows, and can have no row-level security.',
    fix: 'REVOKE the grants on it; give tenants a table with tenant_id that is filled from it.',
    find: `SELECT ${columns(
      'NULL',
      'v.name',
      `'materialized view ' || v.name || ' holds rows of ' || tables.names`,
    )} FROM relation v ${OVER_TENANTS} WHERE v.kind = 'm' AND ${GRANTED('v.oid')}`,
  },
  {
    id: 'definer-search-path',
    severity: 'error',
    danger:
      'Its caller chooses which tables and functions its names mean, and it runs with the rights of its owner.',
    fix: 'ALTER FUNCTION … SET search_path = pg_catalog, pg_temp, and qualify the names in it.',
    find: `SELECT ${columns(
      'NULL',
      'f.name',
      `'function ' || f.name || ' is SECURITY DEFINER without a search_path of its own'`,
    )} FROM function f WHERE f.definer AND NOT ${PINNED}`,
  },
  {
    id: 'definer-for-public',
    severity: 'error',
    danger: "Everybody calls it, by PostgreSQL's default, with the rights of its owner.",
    fix: 'REVOKE EXECUTE … FROM PUBLIC.',
    find: `SELECT ${columns(
      'NULL',
      'f.name',
      `'function ' || f.name || ' is SECURITY DEFINER, and PUBLIC may call it'`,
      `format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name)`,
    )} FROM function f JOIN ${CALLERS} c USING (oid) WHERE ${CALLABLE} AND c.grantee = 0`,
  },
  {
    id: 'definer-past-rls',
    severity: 'error',
    danger: 'It reads the rows of all tenants for whoever calls it or fires it.',
    fix: 'ALTER FUNCTION … OWNER TO the owner role, whom FORCE ROW LEVEL SECURITY binds.',
    find: `SELECT DISTINCT ${columns(
      'NULL',
      'f.name',
      `'function ' || f.name || ' runs as ' || o.rolname || ', whom row-level security does not bind'`,
    )} FROM function f JOIN pg_roles o ON o.oid = f.owner AND (o.rolsuper OR o.rolbypassrls)
      WHERE f.definer AND (EXISTS (SELECT FROM ${CALLERS} c JOIN role ON role.oid = c.grantee WHERE c.oid = f.oid)
        OR EXISTS (SELECT FROM pg_trigger t JOIN relation ON relation.oid = t.tgrelid WHERE t.tgfoid = f.oid))`,
  },
  {
    id: 'definer-for-tenants',
    severity: 'warning',
    danger: 'Tenants act through it with the rights of its owner: what it reads and writes has to be narrow.',
    fix: 'See that it takes no SQL and no tenant from its arguments, or make it SECURITY INVOKER.',
    find: `SELECT ${columns(
      'role.kind',
      'f.name',
      `role.name || ' may call ' || f.name || ', which is SECURITY DEFINER'`,
    )} FROM function f JOIN ${CALLERS} c USING (oid) JOIN role ON role.oid = c.grantee
      WHERE ${CALLABLE} AND role.kind IN ('login', 'tenantApp') AND NOT (${SCOPE_FUNCTION})`,
  },
  {
    id: 'scope-function-altered',
    severity: 'error',
    danger: 'Policies of a signed scope believe what tenant_scope() answers.',
    fix: 'dropSignedScope() and createSignedScope() in a migration.',
    find: `SELECT DISTINCT ${columns(
      'NULL',
      'f.name',
      `'policies ask ' || f.name || ', which is not what createSignedScope() makes'`,
    )} FROM function f JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
        AND d.classid = 'pg_policy'::regclass
      WHERE f.proname = 'tenant_scope' AND NOT (${SCOPE_FUNCTION})`,
  },
  {
    id: 'scope-key-readable',
    severity: 'error',
    danger: 'Who reads the key of the signed scope makes proofs for any tenant.',
    fix: 'REVOKE ALL ON tenant_scope_keys.',
    find: `SELECT ${columns(
      'NULL',
      'relation.name',
      `coalesce(role.name, 'PUBLIC') || ' has rights on ' || relation.name`,
      `format('REVOKE ALL ON %s FROM %s', relation.name, coalesce(quote_ident(role.name), 'PUBLIC'))`,
    )} FROM (SELECT DISTINCT oid, grantee FROM granted) g JOIN relation USING (oid) LEFT JOIN role ON role.oid = g.grantee
      WHERE relation.relname = 'tenant_scope_keys' AND (role.oid IS NOT NULL OR g.grantee = 0)`,
  },
  {
    id: 'scope-forgeable',
    severity: 'warning',
    danger: 'SQL injected into a statement can call set_config and so pick another tenant.',
    fix: 'Run `npx tenancy setup` as a superuser, which revokes it, or sign the scope.',
    find: `SELECT ${columns(
      'role.kind',
      'role.name',
      `role.name || ' may call set_config, so SQL injected into a statement could pick another tenant'`,
    )} FROM role WHERE role.kind IN ${ACTING} AND has_function_privilege(role.oid, '${SET_CONFIG}'::regprocedure, 'EXECUTE')
      AND NOT (role.kind = 'tenantApp' AND coalesce((SELECT bool_and(signed) FROM signing), false))`,
  },
  {
    id: 'session-state-functions',
    severity: 'warning',
    danger:
      'A SELECT leaves something on the connection that the next tenant meets, or speaks to other sessions.',
    fix: 'Run `npx tenancy setup` as a superuser, which revokes them.',
    find: callable([...SESSION_STATE_FUNCTIONS, SET_CONFIG], `' may call '`),
  },
  {
    id: 'large-objects',
    severity: 'warning',
    danger: 'Large objects belong to a role, never to a tenant: each tenant reads those of the others.',
    fix: 'Run `npx tenancy setup` as a superuser, which revokes them.',
    find: callable(LARGE_OBJECT_MAKERS, `' makes large objects: '`),
  },
  {
    id: 'reaches-outside',
    severity: 'error',
    danger: 'Files of the server, and connections to other databases, are outside every policy.',
    fix: 'REVOKE EXECUTE from PUBLIC and from the role, or DROP EXTENSION dblink.',
    find: `SELECT ${columns(
      'role.kind',
      'role.name',
      `role.name || ' may call ' || string_agg(DISTINCT p.proname, ', ' ORDER BY p.proname)`,
    )} FROM role, pg_proc p WHERE role.kind IN ${ACTING}
      AND (p.proname IN ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'lo_export', 'pg_execute_server_program')
        OR p.proname ~ '^dblink(_connect|_exec|_open|_send_query)?$')
      AND has_function_privilege(role.oid, p.oid, 'EXECUTE') GROUP BY role.kind, role.name`,
  },
  {
    id: 'login-event-trigger',
    severity: 'warning',
    danger: 'It runs at each log-in and can leave a tenant or role set in the session.',
    fix: 'DROP EVENT TRIGGER, or see that it sets nothing.',
    find: `SELECT ${columns('NULL', 'evtname', `'event trigger ' || evtname || ' runs whenever a role logs in'`)}
      FROM pg_event_trigger WHERE evtevent = 'login' AND evtenabled <> 'D'`,
  },
];
