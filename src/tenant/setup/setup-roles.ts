import type pg from 'pg';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { databaseRoles, type DatabaseRoles } from '../isolation/database-roles.js';
import { databaseSteps, functionSteps, schemaSteps } from './grant-steps.js';
import { allRoleSteps, type RolePasswords } from './role-steps.js';
import { performAll } from './step.js';

/** The names and passwords of the roles. */
export interface SetupRolesOptions {
  /** What the names of the roles start with. @default 'parallax' */
  readonly prefix?: string;
  /** Of ASCII characters; set anew at each run. */
  readonly passwords: RolePasswords;
}

/** What was prepared, and what is left to do. */
export interface SetupRolesResult {
  readonly roles: DatabaseRoles;
  /** What the server did not let this administrator do, each with the reason. Empty for a superuser. */
  readonly warnings: readonly string[];
}

const OLDEST_SERVER = 150_000;

/**
 * Creates the roles of the database `admin` is connected to, with their grants and passwords, and takes away
 * what PostgreSQL gives to everybody. Running it again repairs what was changed and leaves the rest alone.
 *
 * @throws ConfigurationError for a prefix that is none; when the server is too old, or keeps a superuser from doing it
 * @example
 * const { roles, warnings } = await setupRoles(admin, { prefix: 'app', passwords });
 */
export async function setupRoles(
  admin: pg.ClientBase,
  options: SetupRolesOptions,
): Promise<SetupRolesResult> {
  const roles = databaseRoles(options.prefix ?? 'parallax');
  const server = await describeServer(admin);
  const steps = [
    ...allRoleSteps(roles, options.passwords, server.version),
    ...databaseSteps(server.database, roles),
    ...schemaSteps(roles, server.superuser),
    ...functionSteps(roles),
  ];
  const warnings = await performAll(admin, steps);
  if (server.superuser && warnings.length > 0) {
    throw new ConfigurationError(
      `The roles of database ${server.database} are not right: ${warnings.join('; ')}.`,
    );
  }
  return { roles, warnings };
}

/**
 * Lets the roles connect to a database made from a template that {@link setupRoles} prepared: a copy has the tables and
 * their grants, and none of the rights on the database itself.
 *
 * @throws ConfigurationError for a prefix that is none
 * @example
 * await admin.query('CREATE DATABASE copy TEMPLATE prepared');
 * await openDatabaseToRoles(admin, 'copy', 'app');
 */
export async function openDatabaseToRoles(
  admin: pg.ClientBase,
  database: string,
  prefix: string,
): Promise<void> {
  await performAll(admin, databaseSteps(database, databaseRoles(prefix)));
}

async function describeServer(
  admin: pg.ClientBase,
): Promise<{ version: number; database: string; superuser: boolean }> {
  const { rows } = await admin.query<{ version: number; name: string; database: string; superuser: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
            current_database() AS database, rolsuper AS superuser FROM pg_roles WHERE rolname = current_user`,
  );
  const [server] = rows;
  if (server === undefined || server.version < OLDEST_SERVER) {
    throw new ConfigurationError(
      `PostgreSQL 15 or newer is needed; this server is ${server?.name ?? 'not readable'}.`,
    );
  }
  return server;
}
