import pg from 'pg';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { databaseRolesOf } from './database-roles.js';

interface LoginFacts {
  readonly login: string;
  readonly version: number;
  readonly superuser: boolean;
  readonly bypassesRls: boolean;
  readonly createsRoles: boolean;
  readonly inherits: boolean;
  readonly owned: readonly string[];
  readonly reachable: readonly string[];
  readonly otherRoles: readonly string[];
  readonly isMember: boolean;
  readonly roleIsExempt: boolean;
}

const OLDEST_VERSION = 150_000;

const FACTS = `
  SELECT session_user AS login, current_setting('server_version_num')::int AS version,
    l.rolsuper AS superuser, l.rolbypassrls AS "bypassesRls", l.rolcreaterole AS "createsRoles",
    pg_has_role(l.oid, r.oid, 'USAGE') AS inherits, pg_has_role(l.oid, r.oid, 'MEMBER') AS "isMember",
    r.rolsuper OR r.rolbypassrls AS "roleIsExempt",
    ARRAY(SELECT c.relname::text FROM pg_class c WHERE c.relowner IN (l.oid, r.oid) AND c.relkind IN ('r', 'p', 'v', 'm')) AS owned,
    ARRAY(SELECT c.relname::text FROM pg_class c
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        AND has_table_privilege(l.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')) AS reachable,
    ARRAY(SELECT o.rolname::text FROM pg_roles o
      WHERE o.oid NOT IN (l.oid, r.oid) AND pg_has_role(l.oid, o.oid, 'MEMBER')) AS "otherRoles"
  FROM pg_roles l, pg_roles r WHERE l.rolname = session_user AND r.rolname = $1`;

/**
 * Checks that the login tenants' work goes through may do nothing by itself: what it may, it may only as the
 * tenant's role, under row-level security.
 *
 * @throws ConfigurationError naming everything the login has too much of.
 */
export async function assertLeastPrivilege(config: pg.ClientConfig, tenantRole?: string): Promise<void> {
  const client = new pg.Client({ ...config, application_name: 'parallax login check' });
  await client.connect();
  try {
    const role = tenantRole ?? databaseRolesOf('login', client.user ?? '').tenantApp;
    const { rows } = await client.query<LoginFacts>(FACTS, [role]);
    const problems = rows[0] ? problemsOf(rows[0], role) : [`there is no role ${role}`];
    if (problems.length > 0) {
      throw new ConfigurationError(
        `The login ${client.user ?? ''} must not serve tenants: ${problems.join('; ')}. ` +
          'Use the login that `npm run db:setup` makes.',
      );
    }
  } finally {
    await client.end();
  }
}

function problemsOf(facts: LoginFacts, role: string): string[] {
  const found: readonly (readonly [boolean, string])[] = [
    [facts.version < OLDEST_VERSION, 'the server is older than PostgreSQL 15'],
    [facts.superuser, 'it is a superuser, whom row-level security does not bind'],
    [facts.bypassesRls, 'it has BYPASSRLS'],
    [facts.createsRoles, 'it has CREATEROLE, so it could make itself another role'],
    [
      facts.owned.length > 0,
      `it or ${role} owns ${facts.owned.join(', ')}; an owner can lift row-level security`,
    ],
    [!facts.isMember, `it may not become ${role}`],
    [
      facts.inherits,
      `it inherits the rights of ${role}; it must be NOINHERIT (PostgreSQL 16: GRANT … WITH INHERIT FALSE)`,
    ],
    [facts.roleIsExempt, `${role} is exempt from row-level security`],
    [facts.otherRoles.length > 0, `it may also become ${facts.otherRoles.join(', ')}`],
    [facts.reachable.length > 0, `it can reach ${facts.reachable.join(', ')} without a tenant's scope`],
  ];
  // A superuser is a member of, and may reach, everything: the rest would only repeat it.
  return (facts.superuser ? found.slice(0, 2) : found).filter(([is]) => is).map(([, problem]) => problem);
}
