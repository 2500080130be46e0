import { escapeIdentifier, escapeLiteral } from 'pg';
import type { DatabaseRoles } from '../isolation/database-roles.js';
import { LARGE_OBJECT_MAKERS, SESSION_STATE_FUNCTIONS, SET_CONFIG } from '../isolation/guarded-functions.js';
import type { Step } from './step.js';

/** Who may connect. The only part that a copy made with CREATE DATABASE … TEMPLATE does not inherit. */
export function databaseSteps(database: string, { owner, login, control }: DatabaseRoles): Step[] {
  const name = escapeIdentifier(database);
  const literal = escapeLiteral(database);
  return [
    {
      what: `revoke CONNECT, TEMPORARY and CREATE on database ${database} from PUBLIC`,
      holds: nothingForPublic("'d'", 'pg_database', 'datacl', 'datdba', `datname = ${literal}`),
      sql: `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    },
    ...[owner, login, control].map((role) => ({
      what: `let role ${role} connect to database ${database}`,
      holds: `has_database_privilege(${escapeLiteral(role)}, ${literal}, 'CONNECT')`,
      sql: `GRANT CONNECT ON DATABASE ${name} TO ${escapeIdentifier(role)}`,
    })),
  ];
}

/** Schema `public`: the owner's, closed to everybody else but those who work in it. */
export function schemaSteps(roles: DatabaseRoles, superuser: boolean): Step[] {
  const { owner, login, tenantApp, control, platformReader, platformWriter } = roles;
  // The login too, though it may read nothing there: so that forgetting the scope is told as a denied permission.
  const users = [login, tenantApp, control, platformReader, platformWriter];
  const publicSchema = `nspname = 'public'`;
  const newOwner = escapeIdentifier(owner);
  const handOver = `ALTER SCHEMA public OWNER TO ${newOwner}`;
  return [
    {
      what: 'revoke everything on schema public from PUBLIC',
      holds: nothingForPublic("'n'", 'pg_namespace', 'nspacl', 'nspowner', publicSchema),
      sql: 'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    },
    ...users.map((role) => ({
      what: `let role ${role} use schema public`,
      holds: `has_schema_privilege(${escapeLiteral(role)}, 'public', 'USAGE')`,
      sql: `GRANT USAGE ON SCHEMA public TO ${escapeIdentifier(role)}`,
    })),
    {
      // Last: who is not a superuser can grant on the schema only while it is his.
      what: `make role ${owner} the owner of schema public`,
      holds: `(SELECT nspowner::regrole = ${regrole(owner)} FROM pg_namespace WHERE ${publicSchema})`,
      sql: superuser
        ? handOver
        : `GRANT ${newOwner} TO CURRENT_USER; ${handOver}; REVOKE ${newOwner} FROM CURRENT_USER`,
    },
  ];
}

/** Functions of PostgreSQL itself that reach around a tenant: one picks the tenant, the others make unowned data. */
export function functionSteps({ owner, login, control }: DatabaseRoles): Step[] {
  return [
    ...[SET_CONFIG, ...LARGE_OBJECT_MAKERS, ...SESSION_STATE_FUNCTIONS].map((signature) => ({
      what: `revoke EXECUTE on ${signature} from PUBLIC`,
      holds: nothingForPublic("'f'", 'pg_proc', 'proacl', 'proowner', `oid = '${signature}'::regprocedure`),
      sql: `REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`,
    })),
    // After PUBLIC lost it: until then they have it anyway.
    ...SESSION_STATE_FUNCTIONS.flatMap((signature) =>
      [owner, control].map((role) => ({
        what: `let role ${role} call ${signature}`,
        holds: `has_function_privilege(${escapeLiteral(role)}, '${signature}', 'EXECUTE')`,
        sql: `GRANT EXECUTE ON FUNCTION ${signature} TO ${escapeIdentifier(role)}`,
      })),
    ),
    ...[owner, login, control].map((role) => ({
      what: `let role ${role} call set_config`,
      holds: `has_function_privilege(${escapeLiteral(role)}, '${SET_CONFIG}', 'EXECUTE')`,
      sql: `GRANT EXECUTE ON FUNCTION ${SET_CONFIG} TO ${escapeIdentifier(role)}`,
    })),
  ];
}

const regrole = (role: string): string => `${escapeLiteral(escapeIdentifier(role))}::regrole`;

/** Whether PUBLIC (grantee 0) has no privilege on an object, by its access list or by the built-in default. */
function nothingForPublic(kind: string, catalog: string, acl: string, owner: string, which: string): string {
  return `NOT EXISTS (SELECT FROM ${catalog}, aclexplode(coalesce(${acl}, acldefault(${kind}, ${owner}))) a
    WHERE ${catalog}.${which} AND a.grantee = 0)`;
}
