import { Logger } from '@nestjs/common';
import pg from 'pg';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { type DatabaseRoles, databaseRolesOf } from './database-roles.js';

/** `login` serves tenants, `control` the control plane. */
export type ServingLogin = 'login' | 'control';

interface LoginFacts {
  readonly version: number;
  readonly superuser: boolean;
  readonly bypassesRls: boolean;
  readonly createsRoles: boolean;
  readonly owned: readonly string[];
  readonly reachable: readonly string[];
  readonly member: readonly string[];
  readonly inherited: readonly string[];
  readonly exempt: readonly string[];
  /** What the roles it becomes may do that outlives a statement or reaches around row-level security. */
  readonly excessive: readonly string[];
  readonly setsConfig: readonly string[];
}

const OLDEST_VERSION = 150_000;

const FACTS = `
  WITH other AS (SELECT * FROM pg_roles WHERE rolname <> session_user),
    relation AS (
      SELECT oid, relname::text AS name, relowner, relrowsecurity FROM pg_class
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    )
  SELECT current_setting('server_version_num')::int AS version, rolsuper AS superuser,
    rolbypassrls AS "bypassesRls", rolcreaterole OR rolreplication AS "createsRoles",
    ARRAY(SELECT name FROM relation WHERE relowner = me.oid OR relowner = ANY (
      SELECT oid FROM other WHERE rolname = ANY ($1))) AS owned,
    ARRAY(SELECT name FROM relation WHERE (relrowsecurity OR $2)
      AND has_table_privilege(me.oid, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')) AS reachable,
    ARRAY(SELECT rolname::text FROM other WHERE pg_has_role(me.oid, oid, 'MEMBER')) AS member,
    ARRAY(SELECT rolname::text FROM other WHERE pg_has_role(me.oid, oid, 'USAGE')) AS inherited,
    ARRAY(SELECT rolname::text FROM other WHERE rolname = ANY ($1) AND (rolsuper OR rolbypassrls)) AS exempt,
    ARRAY(
      SELECT rolname || ' makes temporary tables, which stay on the connection' FROM other
        WHERE rolname = ANY ($1) AND has_database_privilege(oid, current_database(), 'TEMP')
      UNION ALL SELECT rolname || ' creates in schema ' || nspname FROM other, pg_namespace
        WHERE rolname = ANY ($1) AND nspname !~ '^(pg_|information_schema)' AND has_schema_privilege(other.oid, pg_namespace.oid, 'CREATE')
      UNION ALL SELECT rolname || ' truncates ' || name FROM other, relation
        WHERE rolname = ANY ($1) AND has_table_privilege(other.oid, relation.oid, 'TRUNCATE')
      UNION ALL SELECT rolname || ' writes ' || name || ', which has no row-level security' FROM other, relation
        WHERE $2 AND rolname = ANY ($1) AND NOT relrowsecurity AND has_table_privilege(other.oid, relation.oid, 'INSERT, UPDATE, DELETE')
    ) AS excessive,
    ARRAY(SELECT rolname::text FROM other WHERE rolname = ANY ($1)
      AND has_function_privilege(oid, 'pg_catalog.set_config(text, text, boolean)', 'EXECUTE')) AS "setsConfig"
  FROM pg_roles me WHERE rolname = session_user`;

/**
 * Checks that a serving login may do nothing to tenants' rows by itself: what it may, it may only as the role
 * of the scope, under row-level security.
 *
 * @param tenantRole the role statements of tenants run as, when it does not have the usual name
 * @throws ConfigurationError naming everything the login has too much, or too little, of.
 * @example
 * await assertLeastPrivilege('control', { connectionString: process.env.CONTROL_DATABASE_URL });
 */
export async function assertLeastPrivilege(
  kind: ServingLogin,
  config: pg.ClientConfig,
  tenantRole?: string,
): Promise<void> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    const login = client.user ?? '';
    const roles = tenantRole === undefined ? mayBecome(kind, login) : [tenantRole];
    const { rows } = await client.query<LoginFacts>(FACTS, [roles, kind === 'login']);
    const problems = rows.flatMap((facts) => problemsOf(facts, roles));
    warnOfSetConfig(rows.flatMap((facts) => facts.setsConfig));
    if (roles.length === 0) problems.push(`it is not named "<prefix>_${kind}"`);
    if (problems.length > 0) {
      throw new ConfigurationError(
        `${login} must not serve ${kind === 'login' ? 'tenants' : 'the control plane'}: ${problems.join('; ')}. ` +
          'Use the logins that `npx tenancy setup` makes.',
      );
    }
  } finally {
    await client.end();
  }
}

/** Not a refusal: a managed server does not let anybody revoke it. */
function warnOfSetConfig(roles: readonly string[]): void {
  if (roles.length === 0) return;
  new Logger('TenantLogin').warn(
    `${list(roles)} may call set_config, so SQL injected into a statement could pick another tenant. Run ` +
      '`npx tenancy setup` as a superuser to revoke it.',
  );
}

function mayBecome(kind: ServingLogin, login: string): string[] {
  let roles: DatabaseRoles;
  try {
    roles = databaseRolesOf(kind, login);
  } catch {
    return [];
  }
  return kind === 'login' ? [roles.tenantApp] : [roles.platformReader, roles.platformWriter];
}

function problemsOf(facts: LoginFacts, roles: readonly string[]): string[] {
  const missing = roles.filter((role) => !facts.member.includes(role));
  const excess = facts.member.filter((role) => !roles.includes(role));
  const inherited = facts.inherited.filter((role) => roles.includes(role));
  const found: readonly (readonly [boolean, string])[] = [
    [facts.version < OLDEST_VERSION, 'the server is older than PostgreSQL 15'],
    [facts.superuser, 'it is a superuser, whom row-level security does not bind'],
    [facts.bypassesRls, 'it has BYPASSRLS'],
    [facts.createsRoles, 'it has CREATEROLE or REPLICATION, with which it could reach around its rights'],
    [facts.owned.length > 0, `it owns ${list(facts.owned)}; an owner can lift row-level security`],
    [missing.length > 0, `it may not become ${list(missing)}`],
    [
      inherited.length > 0,
      `it inherits the rights of ${list(inherited)}; grant with NOINHERIT (PostgreSQL 16: WITH INHERIT FALSE)`,
    ],
    [facts.exempt.length > 0, `${list(facts.exempt)} is exempt from row-level security`],
    [excess.length > 0, `it may also become ${list(excess)}`],
    [facts.excessive.length > 0, list(facts.excessive)],
    [facts.reachable.length > 0, `it reaches ${list(facts.reachable)} without a tenant's scope`],
  ];
  // A superuser is a member of, and may reach, everything: the rest would only repeat it.
  return (facts.superuser ? found.slice(0, 2) : found).filter(([is]) => is).map(([, problem]) => problem);
}

function list(names: readonly string[]): string {
  return names.join(', ');
}
