import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';

export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

const REFUSED: readonly [option: keyof PostgresOptions, why: string][] = [
  ['cache', 'hands results of one tenant to another'],
  ['synchronize', 'changes tables: the schema is made by migrations, under a login of their own'],
  ['dropSchema', 'drops tables: use a migration'],
  ['migrationsRun', 'changes tables: run migrations under a login of their own'],
  ['installExtensions', 'needs rights over the database: install extensions in a migration'],
  ['driver', 'is set by TenantDataSource'],
  ['replication', 'has not been proved to keep tenants apart'],
  ['nativeDriver', 'would replace the driver that TenantDataSource sets'],
];

/**
 * The options a TenantDataSource runs with.
 *
 * @throws ConfigurationError naming every option that would work against isolation.
 */
export function tenantDataSourceOptions(
  options: DataSourceOptions | undefined,
  Pool: typeof pg.Pool,
): PostgresOptions {
  if (options?.type !== 'postgres') {
    throw new ConfigurationError(
      `TenantDataSource works on PostgreSQL only. Set type: 'postgres'; it was ${String(options?.type)}.`,
    );
  }
  const refused = REFUSED.filter(([option]) => options[option]);
  if (refused.length > 0) {
    throw new ConfigurationError(
      ['TenantDataSource cannot work with these options; leave them out:']
        .concat(refused.map(([option, why]) => `${option} ${why}.`))
        .join('\n- '),
    );
  }
  return {
    ...options,
    installExtensions: false,
    driver: { ...pg, Pool },
  };
}

/** How the pool connects, for a connection beside it. */
export function connectionOf({
  url,
  host,
  port,
  username,
  password,
  database,
  ssl,
}: PostgresOptions): pg.ClientConfig {
  const config = { connectionString: url, host, port, user: username, password, database, ssl };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
