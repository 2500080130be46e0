import { createHmac } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setupDatabase } from '@parallax/tenant';
import type { AppConfig } from '../config/app-config.js';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import type { PreparedDatabase } from './prepared-database.js';

const DATABASE = 'parallax';

/**
 * Starts the embedded PostgreSQL with its database and roles. Nobody else meets it half-made: the data directory
 * is locked for this process.
 */
export async function startOwnDatabase(
  { dataDir, secretKey }: Pick<AppConfig, 'dataDir' | 'secretKey'>,
  log: (line: string) => void,
): Promise<PreparedDatabase & { readonly migrationUrl: string }> {
  const directory = join(dataDir, 'postgres');
  log(`Starting the embedded PostgreSQL in ${directory}.`);
  const server = await startEmbeddedPostgres({ dataDir: directory });
  if (!server.clusterDir.startsWith(realpathSync(directory))) {
    log(`The account that runs it cannot enter that folder: the data itself is in ${server.clusterDir}.`);
  }
  try {
    const password = (role: string): string =>
      createHmac('sha256', secretKey).update(`database role ${role}`).digest('hex');
    const passwords = { owner: password('owner'), login: password('login'), control: password('control') };
    const { tenantUrl, controlUrl, migrationUrl } = await setupDatabase({
      adminUrl: server.adminUrl(),
      database: DATABASE,
      passwords,
    });
    return { tenantUrl, controlUrl, migrationUrl, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
