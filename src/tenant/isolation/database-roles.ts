import { ConfigurationError } from '../errors/isolation.errors.js';

/**
 * The roles one database needs. PostgreSQL roles belong to the whole cluster, so their names carry a prefix
 * that tells databases apart.
 */
export interface DatabaseRoles {
  /** Logs in for migrations only; owns every table. Sees no tenant row, because of FORCE ROW LEVEL SECURITY. */
  readonly owner: string;
  /** Logs in for tenant work; may read nothing until it becomes `tenantApp`, one statement at a time. */
  readonly login: string;
  /** What a statement in a tenant's scope runs as. Cannot log in. */
  readonly tenantApp: string;
  /** Logs in for the control plane: tenants, plans, credentials. Reads no tenant table. */
  readonly control: string;
  /** What read-only platform work over named tenants runs as. Cannot log in. */
  readonly platformReader: string;
  /** What writing platform work over named tenants runs as. Cannot log in. */
  readonly platformWriter: string;
}

const SUFFIXES = {
  owner: '_owner',
  login: '_login',
  tenantApp: '_tenant_app',
  control: '_control',
  platformReader: '_platform_reader',
  platformWriter: '_platform_writer',
} as const satisfies Record<keyof DatabaseRoles, string>;

const PREFIX = /^[a-z][a-z0-9_]{0,40}$/;

/**
 * The role names of the database whose roles start with `prefix`.
 *
 * @throws ConfigurationError for a prefix that is not lower-case letters, digits and "_", at most 41 of them.
 * @example
 * databaseRoles('parallax').owner; // 'parallax_owner'
 */
export function databaseRoles(prefix: string): DatabaseRoles {
  if (!PREFIX.test(prefix)) {
    throw new ConfigurationError(
      `"${prefix}" cannot be a role prefix: use lower-case letters, digits and "_", at most 41 characters.`,
    );
  }
  const entries = Object.entries(SUFFIXES).map(([role, suffix]) => [role, prefix + suffix]);
  return Object.fromEntries(entries) as DatabaseRoles;
}

/**
 * The role names of a database, told from the name of one of its login roles.
 *
 * @throws ConfigurationError when that name does not end as such a role's does.
 * @example
 * databaseRolesOf('login', 'parallax_login').tenantApp; // 'parallax_tenant_app'
 */
export function databaseRolesOf(kind: 'owner' | 'login' | 'control', roleName: string): DatabaseRoles {
  const suffix = SUFFIXES[kind];
  if (!roleName.endsWith(suffix)) {
    throw new ConfigurationError(
      `Expected to connect as a role named "<prefix>${suffix}", found "${roleName}". ` +
        'Run `npx tenancy setup`, or create the roles by that name.',
    );
  }
  return databaseRoles(roleName.slice(0, -suffix.length));
}
