import type { DatabaseRoles } from '../isolation/database-roles.js';
import type { RolePasswords } from './role-steps.js';

/** The URLs one database is served and migrated with, passwords included. */
export interface RoleUrls {
  /** Logs in for tenant work: `DATABASE_URL`. */
  readonly tenantUrl: string;
  /** Logs in for the control plane: `CONTROL_DATABASE_URL`. */
  readonly controlUrl: string;
  /** Logs in as the owner of the tables, for migrations only: `MIGRATION_DATABASE_URL`. */
  readonly migrationUrl: string;
}

/**
 * An administrator's URL with the user and password of each role that logs in.
 *
 * @throws TypeError when it is no URL
 * @example
 * const { tenantUrl } = roleUrls(adminUrl, databaseRoles('parallax'), passwords);
 */
export function roleUrls(adminUrl: string, roles: DatabaseRoles, passwords: RolePasswords): RoleUrls {
  return {
    tenantUrl: loginUrl(adminUrl, roles.login, passwords.login),
    controlUrl: loginUrl(adminUrl, roles.control, passwords.control),
    migrationUrl: loginUrl(adminUrl, roles.owner, passwords.owner),
  };
}

/** An administrator's URL with another user and password. */
export function loginUrl(adminUrl: string, user: string, password: string): string {
  const url = new URL(adminUrl);
  // Through a socket named in the query: without a host a URL cannot hold a user.
  if (url.hostname === '') url.hostname = 'localhost';
  [url.username, url.password] = [user, password];
  return url.href;
}
