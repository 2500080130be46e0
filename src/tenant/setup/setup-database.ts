import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DatabaseRoles } from '../isolation/database-roles.js';
import { setupBackupRole } from './backup-role.js';
import { checkConnection } from './check-connection.js';
import { ensureDatabase } from './ensure-database.js';
import type { RolePasswords } from './role-steps.js';
import { loginUrl, roleUrls, type RoleUrls } from './role-urls.js';
import { setupRoles } from './setup-roles.js';

/** Which database to prepare, and by whom. */
export interface SetupDatabaseOptions {
  /** Logs in as an administrator. The database it names only has to be one that exists. */
  readonly adminUrl: string;
  /** The database to prepare; created when it is missing. */
  readonly database: string;
  /** What the names of the roles start with. @default 'parallax' */
  readonly prefix?: string;
  /** Of ASCII characters; set anew at each run. @default random ones */
  readonly passwords?: RolePasswords;
  /** Whether to make the role that `pg_dump` logs in as, too. @default false */
  readonly backup?: boolean;
}

/** What was prepared: the roles, the URLs to log in with, and what is left to do. */
export interface SetupDatabaseResult extends RoleUrls {
  /** Whether the database was missing. */
  readonly created: boolean;
  readonly roles: DatabaseRoles;
  /** Logs in to take backups, when that was asked for: it reads all rows of all tenants. */
  readonly backupUrl?: string;
  /** What the server did not let this administrator do, each with the reason. Empty for a superuser. */
  readonly warnings: readonly string[];
}

/**
 * Makes a database ready for migrations: itself when it is missing, its roles, grants and passwords. Running it
 * again repairs roles and grants. The command `tenancy setup` is made of it.
 *
 * @throws ConfigurationError for a prefix that is none; when the server cannot be reached, is too old, or keeps a
 *   superuser from doing it
 * @example
 * const { tenantUrl, controlUrl, migrationUrl } = await setupDatabase({ adminUrl, database: 'app' });
 */
export async function setupDatabase({
  adminUrl,
  database,
  prefix,
  passwords = randomPasswords(),
  backup = false,
}: SetupDatabaseOptions): Promise<SetupDatabaseResult> {
  await checkConnection("The administrator's URL", adminUrl);
  const created = await ensureDatabase(adminUrl, database);
  const url = withDatabase(adminUrl, database);
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    const { roles, warnings } = await setupRoles(admin, { ...(prefix && { prefix }), passwords });
    const urls = roleUrls(url, roles, passwords);
    if (!backup) return { created, roles, warnings, ...urls };
    const reader = await setupBackupRole(admin, { ...(prefix && { prefix }) });
    const backupUrl = loginUrl(url, reader.role, reader.password);
    return { created, roles, ...urls, backupUrl, warnings: [...warnings, ...reader.warnings] };
  } finally {
    await admin.end();
  }
}

function randomPasswords(): RolePasswords {
  const password = (): string => randomBytes(24).toString('base64url');
  return { owner: password(), login: password(), control: password() };
}

function withDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}
