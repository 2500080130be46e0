import pg from 'pg';
import type { Environment, Reader } from './environment.js';

/** Where the data is: in a PostgreSQL of our own under the data directory, or on a server. */
export type DatabaseConfig = { readonly kind: 'embedded' } | ServerDatabaseConfig;

export interface ServerDatabaseConfig {
  readonly kind: 'server';
  /** Logs in for tenant work. */
  readonly tenantUrl: string;
  /** Logs in for the control plane. */
  readonly controlUrl: string;
  /** Logs in as the owner. With it pending migrations are applied at start. */
  readonly migrationUrl?: string;
  /** Reaches the server itself when the others go through a pooler. */
  readonly directUrl?: string;
}

const ROLE_URLS = ['DATABASE_URL', 'CONTROL_DATABASE_URL', 'MIGRATION_DATABASE_URL'] as const;

/** The variables that go together: all of them on a server, none for the embedded one. */
export function readDatabaseConfig(environment: Environment): DatabaseConfig {
  const read = (name: string): string | undefined =>
    environment.optional(name, 'a URL like postgres://user:password@host:5432/database', postgresUrl);
  const [tenantUrl, controlUrl, migrationUrl] = ROLE_URLS.map(read);
  const directUrl = read('DIRECT_DATABASE_URL');
  if (!tenantUrl && !controlUrl && !migrationUrl && !directUrl) return { kind: 'embedded' };

  reportMissing(environment, { tenantUrl, controlUrl, migrationUrl });
  reportShared(environment, [tenantUrl, controlUrl, migrationUrl]);
  return {
    kind: 'server',
    tenantUrl: tenantUrl ?? '',
    controlUrl: controlUrl ?? '',
    ...(migrationUrl && { migrationUrl }),
    ...(directUrl && { directUrl }),
  };
}

const postgresUrl: Reader<string> = (value) => (userOf(value) === undefined ? undefined : value);

/** As the driver understands the URL, which knows more forms than `URL` does. */
function userOf(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url)) return undefined;
  try {
    return new pg.Client({ connectionString: url }).user || undefined;
  } catch {
    return undefined;
  }
}

type RoleUrls = Readonly<Record<'tenantUrl' | 'controlUrl' | 'migrationUrl', string | undefined>>;

function reportMissing(environment: Environment, { tenantUrl, controlUrl, migrationUrl }: RoleUrls): void {
  if (tenantUrl && controlUrl) return;
  const values = [tenantUrl, controlUrl, migrationUrl];
  const missing = ROLE_URLS.filter((_, index) => !values[index]);
  const optional = migrationUrl
    ? ''
    : ' (MIGRATION_DATABASE_URL may stay away where migrations are run elsewhere)';
  environment.report(
    `A database server needs a URL for each role; missing: ${missing.join(', ')}${optional}. ` +
      '`npm run db:setup` creates the roles and prints the URLs; to use the embedded PostgreSQL set none of them',
  );
}

/** The roles are what keeps tenants apart: one login for two of them would take that away. */
function reportShared(environment: Environment, urls: readonly (string | undefined)[]): void {
  const users = urls.map((url) => url && userOf(url));
  ROLE_URLS.forEach((name, index) => {
    const twin = users.findIndex((user) => user !== undefined && user === users[index]);
    if (twin !== -1 && twin < index) {
      environment.report(
        `${name} logs in as the same user as ${ROLE_URLS[twin]}: each needs a role of its own`,
      );
    }
  });
}
