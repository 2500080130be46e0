import { assertLeastPrivilege, checkConnection, ConfigurationError } from '@parallax/tenant';
import type { AppConfig } from '../config/app-config.js';
import type { ServerDatabaseConfig } from '../config/database-config.js';
import { pendingMigrations, runMigrations } from './migrator.js';
import { startOwnDatabase } from './own-database.js';
import type { PreparedDatabase } from './prepared-database.js';

/**
 * Makes the configured database ready to serve: the embedded one is started and set up, and pending migrations
 * are applied where the owner's URL is known.
 *
 * @param log told what happens, a line at a time
 * @throws ConfigurationError naming the variable at fault
 * @throws EmbeddedPostgresError when no server of our own can run here
 */
export async function prepareDatabase(
  config: AppConfig,
  log: (line: string) => void = () => undefined,
): Promise<PreparedDatabase> {
  if (config.database.kind === 'server') return await prepareServer(config.database, log);
  const own = await startOwnDatabase(config, log);
  try {
    await runMigrations({ url: own.migrationUrl, log });
    return own;
  } catch (error) {
    await own.stop();
    throw error;
  }
}

async function prepareServer(
  { tenantUrl, controlUrl, migrationUrl }: ServerDatabaseConfig,
  log: (line: string) => void,
): Promise<PreparedDatabase> {
  await checkConnection('DATABASE_URL', tenantUrl);
  await checkConnection('CONTROL_DATABASE_URL', controlUrl);
  if (migrationUrl === undefined) {
    await refusePending(controlUrl);
  } else {
    await checkConnection('MIGRATION_DATABASE_URL', migrationUrl);
    await runMigrations({ url: migrationUrl, log });
  }
  await assertLeastPrivilege('login', { connectionString: tenantUrl });
  await assertLeastPrivilege('control', { connectionString: controlUrl });
  return { tenantUrl, controlUrl, ...(migrationUrl && { migrationUrl }), stop: () => Promise.resolve() };
}

async function refusePending(controlUrl: string): Promise<void> {
  const pending = await pendingMigrations({ url: controlUrl });
  if (pending.length === 0) return;
  throw new ConfigurationError(
    `The database is not up to date; pending: ${pending.join(', ')}. Run \`npm run migration:run\` with ` +
      'MIGRATION_DATABASE_URL, or set MIGRATION_DATABASE_URL here to have migrations applied at start.',
  );
}
