import type { DatabaseRoles } from '../isolation/database-roles.js';
import type { RolePasswords } from './role-steps.js';

export interface RoleUrls {
  readonly tenantUrl: string;
  readonly controlUrl: string;
  readonly migrationUrl: string;
}

/** An administrator's URL with the user and password of each role that logs in. */
export function roleUrls(adminUrl: string, roles: DatabaseRoles, passwords: RolePasswords): RoleUrls {
  const urlOf = (user: string, password: string): string => {
    const url = new URL(adminUrl);
    // Through a socket named in the query: without a host a URL cannot hold a user.
    if (url.hostname === '') url.hostname = 'localhost';
    [url.username, url.password] = [user, password];
    return url.href;
  };
  return {
    tenantUrl: urlOf(roles.login, passwords.login),
    controlUrl: urlOf(roles.control, passwords.control),
    migrationUrl: urlOf(roles.owner, passwords.owner),
  };
}
